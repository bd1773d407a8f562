import { type Fill, shortest } from "../../market/index.ts";
import type { FeedListing, TradeChannel } from "../protocol.ts";

/** One frame a trade. `side` is the taker's. */
export const tradeChannel: TradeChannel = {
  name: "trade",
  topic: (symbol) => `trade|${symbol}`,
  write(order, listing, sink) {
    order.fills.forEach((fill, index) => {
      sink.frame(tradeRecord(fill, listing), index, index + 1);
    });
  },
};

/** The last trades, the newest first. */
export function tradeSnapshot(fills: readonly Fill[], listing: FeedListing): string {
  const records = fills.map((fill) => tradeRecord(fill, listing)).reverse();
  return `{"feed":"trade_snapshot","product_id":"${listing.symbol}","trades":[${records.join(",")}]}`;
}

/** Prices and sizes are JSON numbers, without zeros at their end. */
function tradeRecord(fill: Fill, listing: FeedListing): string {
  const { priceScale, sizeScale } = listing.market;
  return (
    `{"feed":"trade","product_id":"${listing.symbol}","uid":"${listing.tradeId(fill.ordinal)}","side":"${fill.isBuy ? "buy" : "sell"}",` +
    `"type":"fill","seq":${listing.sequence(fill.ordinal)},"time":${Math.floor(fill.timeUs / 1000)},` +
    `"qty":${shortest(fill.size, sizeScale)},"price":${shortest(fill.price, priceScale)}}`
  );
}
