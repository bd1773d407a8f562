import { fixed, shortest } from "../../market/index.ts";
import type { TradeChannel } from "../protocol.ts";

/** One frame a trade. `side` is the taker's. */
export const tradeChannel: TradeChannel = {
  name: "trades",
  topic: (symbol) => `trades|${symbol}`,
  write(order, listing, sink) {
    const { priceScale, sizeScale } = listing.market;
    order.fills.forEach((fill, index) => {
      sink.frame(
        `{"type":"trade","symbol":"${listing.symbol}","event_id":${listing.tradeId(fill.ordinal)},"timestamp":${Math.floor(fill.timeUs / 1000)},` +
          `"price":"${fixed(fill.price, priceScale)}","quantity":"${shortest(fill.size, sizeScale)}","side":"${fill.isBuy ? "buy" : "sell"}"}`,
        index,
        index + 1,
      );
    });
  },
};
