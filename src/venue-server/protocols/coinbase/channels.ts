import { type Fill, shortest } from "../../market/index.ts";
import type { FeedListing, TradeChannel } from "../protocol.ts";
import { isoShortest } from "../time-text.ts";

/** The venue stamps a frame about this long after the trades in it. */
const STAMPED_AFTER_US = 800;

/** One frame a taker order, the newest trade first. */
export const marketTrades: TradeChannel = {
  name: "market_trades",
  topic: (symbol) => `market_trades|${symbol}`,
  write(order, listing, sink) {
    const { head, tail } = tradeFrame("update", order.fills, listing);
    sink.numbered(head, tail, 0, order.fills.length);
  },
};

/** The frame around its sequence number. `side` is the maker's. */
export function tradeFrame(
  type: "snapshot" | "update",
  fills: readonly Fill[],
  listing: FeedListing,
): { readonly head: string; readonly tail: string } {
  const { priceScale, sizeScale } = listing.market;
  const trades = fills.map(
    (fill) =>
      `{"product_id":"${listing.symbol}","trade_id":"${listing.tradeId(fill.ordinal)}","price":"${shortest(fill.price, priceScale)}",` +
      `"size":"${shortest(fill.size, sizeScale)}","time":"${isoShortest(fill.timeUs)}","side":"${fill.isBuy ? "SELL" : "BUY"}"}`,
  );
  const stamp = isoShortest((fills.at(-1)?.timeUs ?? 0) + STAMPED_AFTER_US);
  return {
    head: `{"channel":"market_trades","timestamp":"${stamp}","sequence_num":`,
    tail: `,"events":[{"type":"${type}","trades":[${trades.reverse().join(",")}]}]}`,
  };
}
