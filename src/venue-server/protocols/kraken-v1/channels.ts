import { type Fill, fixed } from "../../market/index.ts";
import type { FeedListing, TradeChannel } from "../protocol.ts";

/** One frame a taker order; no trade ids. */
export const tradeChannel: TradeChannel = {
  name: "trade",
  topic: (symbol) => `trade|${symbol}`,
  write(order, listing, sink) {
    sink.frame(tradeFrame(order.fills, listing), 0, order.fills.length);
  },
};

/** `[channelID, [[price, volume, time, side, orderType, misc], …], "trade", pair]`, all numbers as text. */
export function tradeFrame(fills: readonly Fill[], { market, symbol }: FeedListing): string {
  const padding = "0".repeat(Math.max(0, 5 - market.priceScale));
  const point = market.priceScale === 0 && padding !== "" ? "." : "";
  const trades = fills.map((fill) => {
    const price = fixed(fill.price, market.priceScale) + point + padding;
    const side = fill.isBuy ? "b" : "s";
    const type = fill.ordinal % 3 === 0 ? "l" : "m";
    return `["${price}","${fixed(fill.size, market.sizeScale)}","${fixed(fill.timeUs, 6)}","${side}","${type}",""]`;
  });
  return `[${channelId("trade", symbol)},[${trades.join(",")}],"trade","${symbol}"]`;
}

/** A number for a channel and a pair, the same on every connection. */
export function channelId(channel: string, pair: string): number {
  let value = 17;
  for (const character of channel + pair) value = (value * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return value;
}
