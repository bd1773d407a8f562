import { crc32 } from "node:zlib";
import { bookChanges, type MarketBook, type MarketLevel, shortest } from "../../market/index.ts";
import type { BookChannel, BookFrame, BookMoment, FeedListing } from "../protocol.ts";

const DEPTH = 400;
const CHECKSUM_LEVELS = 25;

/** `books`: a snapshot, then changes that each name the one before. `books5` and `bbo-tbt`: the best levels anew. */
export const bookChannels: readonly BookChannel[] = [
  {
    name: "books",
    topic: (instId) => `books|${instId}`,
    snapshot: (moment) => bookFrame("snapshot", moment, best(moment.book, DEPTH)),
    change(before, moment) {
      const changes = bookChanges(before, moment.book, { depth: DEPTH });
      return bookFrame("update", moment, {
        bids: changes.filter(({ isBid }) => isBid),
        asks: changes.filter(({ isBid }) => !isBid),
      });
    },
  },
  ...[
    { name: "books5", depth: 5 },
    { name: "bbo-tbt", depth: 1 },
  ].map(({ name, depth }) => ({
    name,
    topic: (instId: string) => `${name}|${instId}`,
    snapshot: (moment: BookMoment) => wholeFrame(name, moment, best(moment.book, depth)),
    change: (_before: MarketBook | undefined, moment: BookMoment) => wholeFrame(name, moment, best(moment.book, depth)),
  })),
];

interface Sides {
  readonly bids: readonly MarketLevel[];
  readonly asks: readonly MarketLevel[];
}

function best({ bids, asks }: MarketBook, depth: number): Sides {
  return { bids: bids.slice(0, depth), asks: asks.slice(0, depth) };
}

function bookFrame(action: "snapshot" | "update", moment: BookMoment, sides: Sides): BookFrame {
  const { book, listing, number } = moment;
  const previous = action === "snapshot" ? -1 : listing.sequence(number - 1);
  return {
    head:
      `{"arg":{"channel":"books","instId":"${listing.symbol}"},"action":"${action}","data":[{${levels(sides, listing)},` +
      `"ts":"${Math.floor(book.last.timeUs / 1000)}","checksum":${checksum(book, listing)},"prevSeqId":${previous},"seqId":${listing.sequence(number)}}]}`,
  };
}

function wholeFrame(name: string, { book, listing, number }: BookMoment, sides: Sides): BookFrame {
  const instrument = name === "books5" ? `,"instId":"${listing.symbol}"` : "";
  return {
    head:
      `{"arg":{"channel":"${name}","instId":"${listing.symbol}"},"data":[{${levels(sides, listing)}${instrument},` +
      `"ts":"${Math.floor(book.last.timeUs / 1000)}","seqId":${listing.sequence(number)}}]}`,
  };
}

/** [price, size, "0", orders] */
function levels({ bids, asks }: Sides, listing: FeedListing): string {
  const side = (those: readonly MarketLevel[]): string =>
    those.map((level) => `["${numbers(level, listing, '","')}","0","${level.size === 0 ? 0 : 1}"]`).join(",");
  return `"asks":[${side(asks)}],"bids":[${side(bids)}]`;
}

/**
 * A bid and an ask in turn, from the best on.
 *
 * @see https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
 */
function checksum({ bids, asks }: MarketBook, listing: FeedListing): number {
  const parts: string[] = [];
  for (let rank = 0; rank < CHECKSUM_LEVELS; rank += 1)
    for (const level of [bids[rank], asks[rank]]) if (level !== undefined) parts.push(numbers(level, listing, ":"));
  return crc32(parts.join(":")) | 0;
}

function numbers({ price, size }: MarketLevel, { market }: FeedListing, between: string): string {
  return `${shortest(price, market.priceScale)}${between}${shortest(size, market.sizeScale)}`;
}
