import { crc32 } from "node:zlib";
import { bookChanges, fixed, type MarketBook, type MarketLevel } from "../../market/index.ts";
import type { BookChannel, BookFrame, BookMoment, FeedListing } from "../protocol.ts";
import { isoMicroseconds } from "../time-text.ts";

const DEPTHS = [10, 25, 100, 500, 1000];
const CHECKSUM_LEVELS = 10;

/** The key of a market's book topic: its frames depend on the depth, which a recording's do not say. */
export function bookTopic(symbol: string, depth: number): string {
  return `book-${depth}|${symbol}`;
}

/** `book` at each depth. */
export const bookChannels: readonly BookChannel[] = [
  ...DEPTHS.map((depth) => ({
    name: `book-${depth}`,
    topic: (symbol: string) => bookTopic(symbol, depth),
    snapshot: (moment: BookMoment): BookFrame =>
      bookFrame("snapshot", moment, {
        bids: moment.book.bids.slice(0, depth),
        asks: moment.book.asks.slice(0, depth),
      }),
    change(before: MarketBook | undefined, moment: BookMoment): BookFrame | undefined {
      const changes = bookChanges(before, moment.book, { depth });
      if (changes.length === 0) return undefined;
      return bookFrame("update", moment, {
        bids: changes.filter(({ isBid }) => isBid),
        asks: changes.filter(({ isBid }) => !isBid),
      });
    },
  })),
];

function bookFrame(
  type: "snapshot" | "update",
  { book, listing }: BookMoment,
  { bids, asks }: { readonly bids: readonly MarketLevel[]; readonly asks: readonly MarketLevel[] },
): BookFrame {
  return {
    head:
      `{"channel":"book","type":"${type}","data":[{"symbol":"${listing.symbol}","bids":${levels(bids, listing)},"asks":${levels(asks, listing)},` +
      `"checksum":${checksum(book)},"timestamp":"${isoMicroseconds(book.last.timeUs)}"}]}`,
  };
}

function levels(those: readonly MarketLevel[], { market }: FeedListing): string {
  const texts = those.map(
    ({ price, size }) => `{"price":${fixed(price, market.priceScale)},"qty":${fixed(size, market.sizeScale)}}`,
  );
  return `[${texts.join(",")}]`;
}

/**
 * The ten best asks, then the ten best bids: price and size each without point and leading zeros.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 */
function checksum({ asks, bids }: MarketBook): number {
  const best = [...asks.slice(0, CHECKSUM_LEVELS), ...bids.slice(0, CHECKSUM_LEVELS)];
  return crc32(best.map(({ price, size }) => `${price}${size}`).join(""));
}
