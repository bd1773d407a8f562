import { bookChanges, type MarketLevel, shortest } from "../../market/index.ts";
import type { BookChannel, FeedListing } from "../protocol.ts";

/** `book`: the whole book, then a frame for each level that changes, numbered one by one. */
export const bookChannel: BookChannel = {
  name: "book",
  topic: (symbol) => `book|${symbol}`,
  snapshot({ book, listing, messages }) {
    const levels = (side: readonly MarketLevel[]): string =>
      side.map((level) => `{${levelFields(level, listing)}}`).join(",");
    return {
      head:
        `{"feed":"book_snapshot","product_id":"${listing.symbol}","timestamp":${Math.floor(book.last.timeUs / 1000)},"seq":${messages},` +
        `"tickSize":null,"bids":[${levels(book.bids)}],"asks":[${levels(book.asks)}]}`,
    };
  },
  change(before, { book, listing, messages }) {
    // What goes goes first, so that no bid stands at an ask's price between two frames.
    const changes = bookChanges(before, book);
    const ordered = [...changes.filter(({ size }) => size === 0), ...changes.filter(({ size }) => size > 0)];
    return ordered.map((level, index) => ({
      head:
        `{"feed":"book","product_id":"${listing.symbol}","side":"${level.isBid ? "buy" : "sell"}","seq":${messages + 1 + index},` +
        `${levelFields(level, listing)},"timestamp":${Math.floor(book.last.timeUs / 1000)}}`,
    }));
  },
};

function levelFields({ price, size }: MarketLevel, { market }: FeedListing): string {
  return `"price":${shortest(price, market.priceScale)},"qty":${shortest(size, market.sizeScale)}`;
}
