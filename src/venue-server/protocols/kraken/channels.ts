import { type Fill, fixed } from "../../market/index.ts";
import type { FeedListing, TradeChannel } from "../protocol.ts";
import { isoMicroseconds } from "../time-text.ts";

/** One frame a taker order. `side` is the taker's. */
export const tradeChannel: TradeChannel = {
  name: "trade",
  topic: (symbol) => `trade|${symbol}`,
  write(order, listing, sink) {
    sink.frame(tradeFrame("update", order.fills, listing), 0, order.fills.length);
  },
};

/** Prices and sizes are JSON numbers with all the pair's digits. */
export function tradeFrame(type: "snapshot" | "update", fills: readonly Fill[], listing: FeedListing): string {
  const { priceScale, sizeScale } = listing.market;
  const data = fills.map(
    (fill) =>
      `{"symbol":"${listing.symbol}","side":"${fill.isBuy ? "buy" : "sell"}","price":${fixed(fill.price, priceScale)},` +
      `"qty":${fixed(fill.size, sizeScale)},"ord_type":"${fill.ordinal % 3 === 0 ? "limit" : "market"}",` +
      `"trade_id":${listing.tradeId(fill.ordinal)},"timestamp":"${isoMicroseconds(fill.timeUs)}"}`,
  );
  return `{"channel":"trade","type":"${type}","data":[${data.join(",")}]}`;
}
