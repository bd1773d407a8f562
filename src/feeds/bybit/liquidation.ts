import type { LiquidationRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/** Names of the fields, which the two topics shorten differently. */
const NAMES = {
  allLiquidation: { symbol: "s", side: "S", price: "p", size: "v", time: "T" },
  liquidation: { symbol: "symbol", side: "side", price: "price", size: "size", time: "updatedTime" },
} as const;

/*
 * Topic "allLiquidation.<symbol>": {"topic":…,"type":"snapshot","ts":…,"data":[record, …]}, and the older
 * "liquidation.<symbol>", whose data is one record.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
 * https://bybit-exchange.github.io/docs/v5/websocket/public/liquidation
 *
 *   S, side          of the position: "Buy" says that a long one is liquidated, by an order to sell
 *   p, price         bankruptcy price of the position, not that of any execution
 *   v, size          base currency; contracts of 1 USD on inverse
 *   T, updatedTime   ms
 */
export function readLiquidation(row: Row, channel: keyof typeof NAMES): LiquidationRecord {
  const names = NAMES[channel];
  const position = row.text(names.side);
  if (position !== "Buy" && position !== "Sell") row.fail(`${names.side} is neither Buy nor Sell`);
  return {
    channel,
    rawSymbol: row.text(names.symbol),
    eventTimeUs: row.unixTimeUs(names.time),
    frameIndex: row.frameIndex,
    side: position === "Buy" ? "sell" : "buy",
    price: row.number(names.price),
    size: row.number(names.size),
    priceKind: "bankruptcy",
  };
}
