import { bookChanges, type MarketLevel, shortest } from "../../market/index.ts";
import type { BookChannel, FeedListing } from "../protocol.ts";
import { isoMicroseconds } from "../time-text.ts";

/** `level2`, and `level2_batch`, which is the same here: the whole book, then what each taker order did to it. */
export const bookChannels: readonly BookChannel[] = ["level2", "level2_batch"].map((name) => ({
  name,
  topic: (product) => `${name}|${product}`,
  snapshot: ({ book, listing }) => ({
    head:
      `{"type":"snapshot","product_id":"${listing.symbol}","asks":${pairs(book.asks, listing)},"bids":${pairs(book.bids, listing)},` +
      `"time":"${isoMicroseconds(book.last.timeUs)}"}`,
  }),
  change(before, { book, listing }) {
    const changes = bookChanges(before, book).map(
      ({ isBid, ...level }) => `["${isBid ? "buy" : "sell"}",${numbers(level, listing)}]`,
    );
    if (changes.length === 0) return undefined;
    return {
      head: `{"type":"l2update","product_id":"${listing.symbol}","changes":[${changes.join(",")}],"time":"${isoMicroseconds(book.last.timeUs)}"}`,
    };
  },
}));

function pairs(levels: readonly MarketLevel[], listing: FeedListing): string {
  return `[${levels.map((level) => `[${numbers(level, listing)}]`).join(",")}]`;
}

function numbers({ price, size }: MarketLevel, { market }: FeedListing): string {
  return `"${shortest(price, market.priceScale)}","${shortest(size, market.sizeScale)}"`;
}
