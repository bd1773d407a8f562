import { type Fill, fixed } from "../../market/index.ts";
import type { TradeChannel } from "../protocol.ts";

export const DIRECTIONS: Readonly<Record<Fill["direction"], string>> = {
  up: "PlusTick",
  "same-up": "ZeroPlusTick",
  "same-down": "ZeroMinusTick",
  down: "MinusTick",
};

/** One frame a taker order, all its trades under one `seq`. `S` is the taker's side; `L` is of contracts only. */
export function publicTrade(isContract: boolean): TradeChannel {
  return {
    name: "publicTrade",
    topic: (symbol) => `publicTrade.${symbol}`,
    write(order, listing, sink) {
      const { priceScale, sizeScale } = listing.market;
      const time = Math.floor((order.fills[0]?.timeUs ?? 0) / 1000);
      const sequence = listing.sequence(order.number);
      const data = order.fills.map(
        (fill) =>
          `{"T":${time},"s":"${listing.symbol}","S":"${fill.isBuy ? "Buy" : "Sell"}","v":"${fixed(fill.size, sizeScale)}",` +
          `"p":"${fixed(fill.price, priceScale)}",${isContract ? `"L":"${DIRECTIONS[fill.direction]}",` : ""}` +
          `"i":"${listing.tradeId(fill.ordinal)}","BT":false,"RPI":false,"seq":${sequence}}`,
      );
      sink.frame(
        `{"topic":"publicTrade.${listing.symbol}","type":"snapshot","ts":${time + 1},"data":[${data.join(",")}]}`,
        0,
        order.fills.length,
      );
    },
  };
}
