import {
  formatInstant,
  formatShortest,
  type Listing,
  naturalPrice,
  naturalSize,
  SOURCES,
  TAKER_SIDES,
  type TradeBatch,
  tradeFlagNames,
} from "../domain/index.ts";
import type { TradeRow } from "./query.ts";

/** A trade of a batch as the API shows it. */
export function tradeRowOf(
  trades: TradeBatch,
  row: number,
  { venue, symbol, rawSymbol, unitExponent }: Listing,
): TradeRow {
  return {
    venue,
    symbol,
    rawSymbol,
    tradeId: trades.tradeId(row),
    price: formatShortest(naturalPrice(trades.price.get(row), unitExponent)),
    size: formatShortest(naturalSize(trades.size.get(row), unitExponent)),
    side: TAKER_SIDES[trades.side[row] ?? 0] ?? "unknown",
    eventTime: formatInstant(trades.eventTimeUs[row] ?? 0, trades.eventTimeNanos[row]),
    receiveTime: formatInstant(trades.receiveTimeUs[row] ?? 0, trades.receiveTimeNanos[row]),
    executions: trades.executions[row] ?? 1,
    flags: tradeFlagNames(trades.flags[row] ?? 0),
    source: SOURCES[trades.source[row] ?? 0] ?? "import",
  };
}
