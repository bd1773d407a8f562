import { bookChanges, fixed, type MarketLevelChange, shortest } from "../../market/index.ts";
import type { BookChannel, FeedListing } from "../protocol.ts";

/**
 * `l2`: the whole book, then what changes. The venue lists the last trades with the first message; here the list is empty,
 * for trades are counted where they are sent.
 */
export const bookChannel: BookChannel = {
  name: "l2",
  topic: (symbol) => `l2|${symbol}`,
  snapshot: ({ book, listing }) => ({
    head: `{"type":"l2_updates","symbol":"${listing.symbol}","changes":${changes(bookChanges(undefined, book), listing)},"trades":[],"auction_events":[]}`,
  }),
  change(before, { book, listing }) {
    const changed = bookChanges(before, book);
    return changed.length === 0
      ? undefined
      : { head: `{"type":"l2_updates","symbol":"${listing.symbol}","changes":${changes(changed, listing)}}` };
  },
};

function changes(changed: readonly MarketLevelChange[], { market }: FeedListing): string {
  const texts = changed.map(
    ({ isBid, price, size }) =>
      `["${isBid ? "buy" : "sell"}","${fixed(price, market.priceScale)}","${shortest(size, market.sizeScale)}"]`,
  );
  return `[${texts.join(",")}]`;
}
