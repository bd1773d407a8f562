import { type RecordBatch, seededRandom } from "../../src/base/index.ts";
import {
  encodeListings,
  encodeTrades,
  formatInstrument,
  type Listing,
  parseInstrument,
  SIDE_BUY,
  SIDE_SELL,
  SOURCES,
  TOPICS,
  TradeBatch,
} from "../../src/domain/index.ts";
import type { StoreChunk } from "../../src/store/index.ts";
import { MARKET_LISTINGS, type MarketListing } from "../../src/venue-server/index.ts";
// Without sockets and with the receive times that a day would have: the model itself, which is no public name.
import { type Fill, MarketModel } from "../../src/venue-server/market/index.ts";
import { ASSETS } from "./market-feeds.ts";

const VENUE = "binance";
/** Of the five symbols together, as on an ordinary day. */
const TRADES_PER_SECOND = 60;
const START_US = Date.UTC(2026, 10, 20) * 1000;
const FIRST_ID = 3_735_683_259;
const PARTITIONS = 4;
const CHUNK_ROWS = 8192;
/** Of the way to us: the least, and how far most are above it. */
const LATENCY_US = { least: 2_000, scale: 6_000 };

const LISTINGS: readonly MarketListing[] = MARKET_LISTINGS.filter(
  ({ venue, asset }) => venue === VENUE && ASSETS.includes(asset.name),
);

/** The listings of `marketTrades`, as the first chunk that a store takes. */
export function marketListings(): StoreChunk {
  const listings = LISTINGS.map(({ asset, symbols }, index): Listing => {
    const symbol = formatInstrument(parseInstrument(`${asset.name}-USDT-SPOT`));
    return { index, venue: VENUE, rawSymbol: symbols[VENUE] ?? "", symbol, unitExponent: 0 };
  });
  const records = encodeListings(listings);
  return { topic: TOPICS.listings, partition: 0, firstOffset: 0, appendedMs: 0, records };
}

/** So many trades of one venue's day, as the pipeline would have written them to its event log. Seeded. */
export function* marketTrades(count: number): Generator<StoreChunk> {
  const model = new MarketModel({
    seed: 1,
    tradesPerSecond: TRADES_PER_SECOND,
    startTimeUs: START_US,
    listings: LISTINGS,
  });
  const random = seededRandom(2);
  const places = new Map(LISTINGS.map((listing, place) => [listing.index, place]));
  const partitions = Array.from({ length: PARTITIONS }, () => ({ batch: new TradeBatch(CHUNK_ROWS + 16), offset: 0 }));
  let frame = 0;
  for (let made = 0; made < count; ) {
    const { listing, fills } = model.next();
    const place = places.get(listing.index) ?? 0;
    const partition = partitions[place % PARTITIONS];
    if (partition === undefined) break;
    const latencyUs = LATENCY_US.least + Math.floor(-Math.log(1 - random.next()) * LATENCY_US.scale);
    for (const fill of fills) {
      push(partition.batch, fill, { place, listing, frame, receiveUs: fill.timeUs + latencyUs });
      frame += 1;
      made += 1;
    }
    if (partition.batch.length >= CHUNK_ROWS) yield chunkOf(place % PARTITIONS, partition);
  }
  for (const [index, partition] of partitions.entries())
    if (partition.batch.length > 0) yield chunkOf(index, partition);
}

function chunkOf(partition: number, state: { readonly batch: TradeBatch; offset: number }): StoreChunk {
  const firstOffset = state.offset;
  const records: RecordBatch = encodeTrades(state.batch);
  state.offset += records.count;
  state.batch.clear();
  return { topic: TOPICS.trades, partition, firstOffset, appendedMs: 0, records };
}

interface Place {
  readonly place: number;
  readonly listing: MarketListing;
  readonly frame: number;
  readonly receiveUs: number;
}

/** As Binance sends it: one trade a frame, its clock in milliseconds. */
function push(batch: TradeBatch, fill: Fill, { place, listing, frame, receiveUs }: Place): void {
  const id = BigInt(FIRST_ID + fill.ordinal);
  const row = batch.nextRow();
  batch.listing[row] = place;
  batch.price.set(row, BigInt(fill.price) * 10n ** BigInt(8 - listing.priceScale));
  batch.size.set(row, BigInt(fill.size) * 10n ** BigInt(8 - listing.sizeScale));
  batch.side[row] = fill.isBuy ? SIDE_BUY : SIDE_SELL;
  batch.eventTimeUs[row] = Math.floor(fill.timeUs / 1000) * 1000;
  batch.eventTimeNanos[row] = 0;
  batch.receiveTimeUs[row] = receiveUs;
  batch.receiveTimeNanos[row] = 0;
  batch.idNumber.set(row, id);
  batch.idText[row] = undefined;
  batch.sequence.set(row, id);
  batch.frameIndex[row] = 0;
  batch.executions[row] = 1;
  batch.flags[row] = 0;
  batch.source[row] = SOURCES.indexOf("live");
  batch.rawPartition[row] = 0;
  batch.rawOffset[row] = frame;
  batch.length += 1;
}
