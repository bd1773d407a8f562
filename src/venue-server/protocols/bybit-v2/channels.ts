import { shortest } from "../../market/index.ts";
import { DIRECTIONS } from "../bybit/channels.ts";
import type { TradeChannel } from "../protocol.ts";

/** One frame a taker order, all its trades under one `cross_seq`. `side` is the taker's; numbers are JSON numbers. */
export const trade: TradeChannel = {
  name: "trade",
  topic: (symbol) => `trade.${symbol}`,
  write(order, listing, sink) {
    const { priceScale, sizeScale } = listing.market;
    const time = Math.floor((order.fills[0]?.timeUs ?? 0) / 1000);
    const second = `${new Date(time).toISOString().slice(0, 19)}.000Z`;
    const sequence = listing.sequence(order.number);
    const data = order.fills.map(
      (fill) =>
        `{"trade_time_ms":${time},"timestamp":"${second}","symbol":"${listing.symbol}","side":"${fill.isBuy ? "Buy" : "Sell"}",` +
        `"size":${shortest(fill.size, sizeScale)},"price":${shortest(fill.price, priceScale)},` +
        `"tick_direction":"${DIRECTIONS[fill.direction]}","trade_id":"${listing.tradeId(fill.ordinal)}","cross_seq":${sequence}}`,
    );
    sink.frame(`{"topic":"trade.${listing.symbol}","data":[${data.join(",")}]}`, 0, order.fills.length);
  },
};
