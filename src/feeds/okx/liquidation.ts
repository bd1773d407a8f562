import type { LiquidationRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/*
 * Channel "liquidation-orders": {"arg":{"channel":…,"instType":"SWAP"},"data":[{"instId":…,"details":[detail, …], …}]}.
 * https://www.okx.com/docs-v5/en/#public-data-websocket-liquidation-orders-channel
 *
 *   side   of the order that ends the position: "sell" ends a long one; posSide, the position's, says the same
 *   bkPx   price of bankruptcy: the order's price, not that of any execution
 *   sz     base currency; contracts on swaps and futures
 *   ts     ms
 *   bkLoss, ccy: not kept
 */
/** @param detail one of the instrument's */
export function readLiquidation(detail: Row, rawSymbol: string): LiquidationRecord {
  const side = detail.text("side");
  if (side !== "buy" && side !== "sell") detail.fail("side is neither buy nor sell");
  return {
    channel: "liquidation-orders",
    rawSymbol,
    eventTimeUs: detail.unixTimeUs("ts"),
    frameIndex: detail.frameIndex,
    side: side === "sell" ? "sell" : "buy",
    price: detail.number("bkPx"),
    size: detail.number("sz"),
    priceKind: "bankruptcy",
  };
}
