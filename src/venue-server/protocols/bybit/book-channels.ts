import { bookChanges, fixed, type MarketBook, type MarketLevel } from "../../market/index.ts";
import type { BookChannel, BookFrame, BookMoment } from "../protocol.ts";

const DEPTHS = [50, 200, 500, 1000];

/** `orderbook.<depth>`: a snapshot, then changes numbered one by one; of depth 1 snapshots only. */
export const bookChannels: readonly BookChannel[] = [
  {
    name: "orderbook.1",
    topic: (symbol) => `orderbook.1.${symbol}`,
    snapshot: (moment) => bookFrame("snapshot", moment, best(moment.book, 1), 1),
    change: (_before, moment) => bookFrame("snapshot", moment, best(moment.book, 1), 1),
  },
  ...DEPTHS.map((depth) => ({
    name: `orderbook.${depth}`,
    topic: (symbol: string) => `orderbook.${depth}.${symbol}`,
    snapshot: (moment: BookMoment): BookFrame => bookFrame("snapshot", moment, best(moment.book, depth), depth),
    change(before: MarketBook | undefined, moment: BookMoment): BookFrame {
      const changes = bookChanges(before, moment.book, { depth });
      const sides = { bids: changes.filter(({ isBid }) => isBid), asks: changes.filter(({ isBid }) => !isBid) };
      return bookFrame("delta", moment, sides, depth);
    },
  })),
];

interface Sides {
  readonly bids: readonly MarketLevel[];
  readonly asks: readonly MarketLevel[];
}

function best({ bids, asks }: MarketBook, depth: number): Sides {
  return { bids: bids.slice(0, depth), asks: asks.slice(0, depth) };
}

function bookFrame(
  type: "snapshot" | "delta",
  { book, listing, number }: BookMoment,
  { bids, asks }: Sides,
  depth: number,
): BookFrame {
  const { priceScale, sizeScale } = listing.market;
  const pairs = (levels: readonly MarketLevel[]): string =>
    `[${levels.map(({ price, size }) => `["${fixed(price, priceScale)}","${size === 0 ? "0" : fixed(size, sizeScale)}"]`).join(",")}]`;
  const time = Math.floor(book.last.timeUs / 1000);
  return {
    head:
      `{"topic":"orderbook.${depth}.${listing.symbol}","type":"${type}","ts":${time + 1},"data":{"s":"${listing.symbol}","b":${pairs(bids)},"a":${pairs(asks)},` +
      `"u":${number},"seq":${listing.sequence(book.last.order)}},"cts":${time}}`,
  };
}
