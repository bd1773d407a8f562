import { bookChanges, fixed, type MarketLevel, type MarketLevelChange } from "../../market/index.ts";
import type { BookChannel, BookFrame, BookMoment, FeedListing } from "../protocol.ts";
import { RAW_PREFIX } from "./channels.ts";

/** The venue sends an event about this long after it happened. */
const SENT_AFTER_MS = 1;
const SPEEDS: Readonly<Record<string, readonly string[]>> = { binance: ["", "@100ms"] };
const FUTURES_SPEEDS = ["", "@500ms", "@100ms", "@0ms"];
const PARTIAL_DEPTHS = [5, 10, 20];

/**
 * `depth`, `depth<levels>` and `bookTicker`, each combined and raw. The simulated market tells a change of the book with
 * every taker order, whatever the stream's speed. Ids of updates are those of the trades.
 */
export function bookChannels(feed: string): readonly BookChannel[] {
  const speeds = SPEEDS[feed] ?? FUTURES_SPEEDS;
  const writers = [
    ...speeds.map((speed) => ({ name: `depth${speed}`, write: writeDepth })),
    ...PARTIAL_DEPTHS.flatMap((depth) =>
      speeds.map((speed) => ({
        name: `depth${depth}${speed}`,
        write: (change: Change) => (feed === "binance" ? writePartial(change, depth) : writeDepth(change, depth)),
      })),
    ),
    { name: "bookTicker", write: writeTicker },
  ];
  return writers.flatMap(({ name, write }) =>
    [true, false].map((isCombined) => ({
      name,
      topic: (symbol: string) => `${isCombined ? "" : RAW_PREFIX}${symbol.toLowerCase()}@${name}`,
      change(before, moment, { fills }): BookFrame {
        const { listing, book } = moment;
        const first = Number(listing.tradeId(fills[0]?.ordinal ?? 1));
        const data = write({ ...moment, feed, first, changes: bookChanges(before, book) });
        return { head: isCombined ? `{"stream":"${listing.symbol.toLowerCase()}@${name}","data":${data}}` : data };
      },
    })),
  );
}

interface Change extends BookMoment {
  readonly feed: string;
  /** The first update in it. */
  readonly first: number;
  readonly changes: readonly MarketLevelChange[];
}

/** @param depth the best so many levels anew, instead of the changes */
function writeDepth({ book, changes, feed, first, listing }: Change, depth?: number): string {
  const isSpot = feed === "binance";
  const bids = depth === undefined ? changes.filter(({ isBid }) => isBid) : book.bids.slice(0, depth);
  const asks = depth === undefined ? changes.filter(({ isBid }) => !isBid) : book.asks.slice(0, depth);
  const time = Math.floor(book.last.timeUs / 1000);
  return (
    `{"e":"depthUpdate","E":${time + SENT_AFTER_MS},${isSpot ? "" : `"T":${time},`}"s":"${listing.symbol}",${pairOf(feed, listing)}` +
    `"U":${first},"u":${listing.tradeId(book.last.ordinal)},${isSpot ? "" : `"pu":${first - 1},`}` +
    `"b":${pairs(bids, listing)},"a":${pairs(asks, listing)}}`
  );
}

function writePartial({ book, listing }: Change, depth: number): string {
  return `{"lastUpdateId":${listing.tradeId(book.last.ordinal)},"bids":${pairs(book.bids.slice(0, depth), listing)},"asks":${pairs(book.asks.slice(0, depth), listing)}}`;
}

function writeTicker({ book, feed, listing }: Change): string {
  const { priceScale, sizeScale } = listing.market;
  const best = (level: MarketLevel | undefined, names: readonly [string, string]): string =>
    `"${names[0]}":"${fixed(level?.price ?? 0, priceScale)}","${names[1]}":"${fixed(level?.size ?? 0, sizeScale)}"`;
  const id = listing.tradeId(book.last.ordinal);
  const quote = `${best(book.bids[0], ["b", "B"])},${best(book.asks[0], ["a", "A"])}`;
  if (feed === "binance") return `{"u":${id},"s":"${listing.symbol}",${quote}}`;
  const time = Math.floor(book.last.timeUs / 1000);
  return `{"e":"bookTicker","u":${id},"s":"${listing.symbol}",${pairOf(feed, listing)}${quote},"T":${time},"E":${time + SENT_AFTER_MS}}`;
}

/** COIN-M names the pair too. */
function pairOf(feed: string, { symbol }: FeedListing): string {
  return feed === "binance-coinm" ? `"ps":"${symbol.slice(0, symbol.indexOf("_"))}",` : "";
}

/** The answer to a request for a snapshot, `GET …/depth`. */
export function depthSnapshot({ book, listing }: BookMoment, limit: number): string {
  const { feed, symbol } = listing;
  const time = Math.floor(book.last.timeUs / 1000);
  const times = feed === "binance" ? "" : `"E":${time + SENT_AFTER_MS},"T":${time},`;
  const names =
    feed === "binance-coinm" ? `"symbol":"${symbol}","pair":"${symbol.slice(0, symbol.indexOf("_"))}",` : "";
  return (
    `{"lastUpdateId":${listing.tradeId(book.last.ordinal)},${times}${names}` +
    `"bids":${pairs(book.bids.slice(0, limit), listing)},"asks":${pairs(book.asks.slice(0, limit), listing)}}`
  );
}

function pairs(levels: readonly MarketLevel[], { market }: FeedListing): string {
  const texts = levels.map(
    ({ price, size }) => `["${fixed(price, market.priceScale)}","${fixed(size, market.sizeScale)}"]`,
  );
  return `[${texts.join(",")}]`;
}
