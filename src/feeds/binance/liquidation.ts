import type { LiquidationRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/*
 * Stream `<symbol>@forceOrder` (e "forceOrder"), of futures: the latest liquidation order of each second. E is when the
 * message was made; o is the order:
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Liquidation-Order-Streams
 * https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams/Liquidation-Order-Streams
 *
 *   s  symbol                                  S  the order's side: SELL ends a long position
 *   p  the order's limit                       ap average price of what was filled
 *   q  the order's size; contracts on COIN-M   z  filled so far; l, what was filled last, is not kept
 *   o, X  LIMIT; FILLED                        T  when it traded, ms
 *   f, ps  time in force, pair: not kept
 */
export function readForceOrder(row: Row, channel: string): LiquidationRecord {
  const order = row.row("o");
  const side = order.text("S");
  if (side !== "SELL" && side !== "BUY") order.fail("S is neither SELL nor BUY");
  const record: LiquidationRecord = {
    channel,
    rawSymbol: order.text("s"),
    eventTimeUs: order.unixTimeUs("T"),
    frameIndex: row.frameIndex,
    side: side === "SELL" ? "sell" : "buy",
    price: order.number("p"),
    size: order.number("q"),
    priceKind: "order",
    averagePrice: order.numberUnlessZero("ap"),
    filledSize: order.numberIfAny("z"),
    orderType: order.textIfAny("o"),
    orderStatus: order.textIfAny("X"),
  };
  row.adopt(order);
  return record;
}
