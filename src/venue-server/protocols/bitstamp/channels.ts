import { fixed, shortest } from "../../market/index.ts";
import type { TradeChannel } from "../protocol.ts";

/** Orders are numbered from here, as the venue's are: beyond what 32 bits hold. */
const ORDERS_FROM = 1_900_000_000_000_000;

/** One frame a trade. `type` is the taker's side; numbers come as JSON numbers and as texts. */
export const liveTrades: TradeChannel = {
  name: "live_trades",
  topic: (symbol) => `live_trades_${symbol}`,
  write(order, listing, sink) {
    const { priceScale, sizeScale } = listing.market;
    order.fills.forEach((fill, index) => {
      const taker = ORDERS_FROM + listing.sequence(order.number);
      const maker = ORDERS_FROM / 2 + listing.sequence(fill.ordinal);
      const [buyer, seller] = fill.isBuy ? [taker, maker] : [maker, taker];
      sink.frame(
        `{"data":{"id":${listing.tradeId(fill.ordinal)},"timestamp":"${Math.floor(fill.timeUs / 1_000_000)}",` +
          `"amount":${shortest(fill.size, sizeScale)},"amount_str":"${fixed(fill.size, sizeScale)}",` +
          `"price":${shortest(fill.price, priceScale)},"price_str":"${fixed(fill.price, priceScale)}","type":${fill.isBuy ? 0 : 1},` +
          `"microtimestamp":"${fill.timeUs}","buy_order_id":${buyer},"sell_order_id":${seller}},` +
          `"channel":"live_trades_${listing.symbol}","event":"trade"}`,
        index,
        index + 1,
      );
    });
  },
};
