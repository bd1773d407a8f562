import { type RecordBatch, recordBatchOf, seededRandom } from "../base/index.ts";
import {
  type Bar,
  encodeBars,
  encodeListings,
  encodeTrades,
  type Listing,
  NO_ID_NUMBER,
  TOPICS,
  TradeBatch,
} from "../domain/index.ts";
import type { StoreChunk } from "./store.ts";

/** A trade of a test; what is left out is plain. */
export interface TestTrade {
  readonly listing?: number;
  readonly price?: bigint;
  readonly size?: bigint;
  readonly side?: number;
  readonly eventUs?: number;
  readonly eventNanos?: number;
  readonly receiveUs?: number;
  readonly receiveNanos?: number;
  readonly id?: bigint | string;
  readonly sequence?: bigint;
  readonly frameIndex?: number;
  readonly executions?: number;
  readonly flags?: number;
  readonly source?: number;
  readonly rawPartition?: number;
  readonly rawOffset?: number;
}

export function tradeRecords(trades: readonly TestTrade[]): RecordBatch {
  const batch = new TradeBatch(Math.max(16, trades.length));
  for (const trade of trades) pushTrade(batch, trade);
  return encodeTrades(batch);
}

const PLAIN = {
  listing: 0,
  price: 10_000_000_000n,
  size: 100_000_000n,
  side: 1,
  eventUs: 1_700_000_000_000_000,
  eventNanos: 0,
  receiveNanos: 0,
  id: 1n as bigint | string,
  frameIndex: 0,
  executions: 1,
  flags: 0,
  source: 1,
  rawPartition: 0,
  rawOffset: 0,
};

function pushTrade(batch: TradeBatch, given: TestTrade): void {
  const trade = { ...PLAIN, ...given };
  const { id } = trade;
  const row = batch.nextRow();
  batch.listing[row] = trade.listing;
  batch.price.set(row, trade.price);
  batch.size.set(row, trade.size);
  batch.side[row] = trade.side;
  batch.eventTimeUs[row] = trade.eventUs;
  batch.eventTimeNanos[row] = trade.eventNanos;
  batch.receiveTimeUs[row] = given.receiveUs ?? trade.eventUs + 1000;
  batch.receiveTimeNanos[row] = trade.receiveNanos;
  batch.idNumber.set(row, typeof id === "bigint" ? id : BigInt(NO_ID_NUMBER));
  batch.idText[row] = typeof id === "string" ? id : undefined;
  batch.sequence.set(row, given.sequence ?? (typeof id === "bigint" ? id : 0n));
  batch.frameIndex[row] = trade.frameIndex;
  batch.executions[row] = trade.executions;
  batch.flags[row] = trade.flags;
  batch.source[row] = trade.source;
  batch.rawPartition[row] = trade.rawPartition;
  batch.rawOffset[row] = trade.rawOffset;
  batch.length += 1;
}

export const TEST_LISTINGS: readonly Listing[] = [
  { index: 0, venue: "binance", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-SPOT", unitExponent: 0 },
  { index: 1, venue: "kraken", rawSymbol: "BTC/USD", symbol: "BTC-USD-SPOT", unitExponent: 0 },
  { index: 2, venue: "binance", rawSymbol: "TINYUSDT", symbol: "TINY-USDT-SPOT", unitExponent: 6 },
];

export function listingsChunk(listings: readonly Listing[] = TEST_LISTINGS): StoreChunk {
  const firstOffset = listings[0]?.index ?? 0;
  return { topic: TOPICS.listings, partition: 0, firstOffset, appendedMs: 0, records: encodeListings(listings) };
}

export function tradesChunk(
  trades: readonly TestTrade[],
  { partition = 0, firstOffset = 0 }: { readonly partition?: number; readonly firstOffset?: number } = {},
): StoreChunk {
  return { topic: TOPICS.trades, partition, firstOffset, appendedMs: 0, records: tradeRecords(trades) };
}

export function barsChunk(bars: readonly Bar[], firstOffset = 0): StoreChunk {
  return { topic: TOPICS.bars, partition: 0, firstOffset, appendedMs: 0, records: encodeBars(bars) };
}

/** A record that no decoder knows. */
export function brokenChunk(topic: string, firstOffset = 0): StoreChunk {
  return { topic, partition: 0, firstOffset, appendedMs: 0, records: recordBatchOf([Uint8Array.of(99, 1, 2)]) };
}

/** Seeded trades of a partition: offset n has id n + 1, and its price says where it stands. */
export function seededTrades(seed: number, count: number, firstOffset = 0): readonly TestTrade[] {
  const random = seededRandom(seed + firstOffset);
  return Array.from({ length: count }, (_, index) => ({
    listing: random.int(3),
    price: BigInt(1 + random.int(1_000_000_000)) * 1000n,
    size: BigInt(1 + random.int(1_000_000)) * 100n,
    side: random.int(3),
    eventUs: 1_700_000_000_000_000 + (firstOffset + index) * 1000 + random.int(5000),
    eventNanos: random.int(1000),
    id: BigInt(firstOffset + index + 1),
  }));
}

export function testBar(bar: Partial<Bar> = {}): Bar {
  const at = { timeUs: bar.startUs ?? 1_700_000_000_000_000, timeNanos: 0, sequence: 1n, frameIndex: 0 };
  return {
    listing: 0,
    interval: "1m",
    startUs: 1_699_999_980_000_000,
    open: 100n * 10n ** 8n,
    high: 120n * 10n ** 8n,
    low: 90n * 10n ** 8n,
    close: 110n * 10n ** 8n,
    volume: 3n * 10n ** 8n,
    quoteVolume: 320n * 10n ** 16n,
    buyVolume: 2n * 10n ** 8n,
    sellVolume: 1n * 10n ** 8n,
    trades: 3,
    first: at,
    last: at,
    revision: 0,
    knownAtUs: 1_700_000_040_000_000,
    cause: "closed",
    complete: true,
    source: 1,
    ...bar,
  };
}
