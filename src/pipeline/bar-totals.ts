import { type Bar, compareTradeOrder, SIDE_BUY, SIDE_SELL, type TradeBatch, type TradeOrder } from "../domain/index.ts";

/** What a bar says of its trades, without which bar it is and which revision. Parts of one bar merge to the whole. */
export type BarTotals = Pick<
  Bar,
  | "open"
  | "high"
  | "low"
  | "close"
  | "volume"
  | "quoteVolume"
  | "buyVolume"
  | "sellVolume"
  | "trades"
  | "first"
  | "last"
  | "source"
>;

/**
 * The totals of two disjoint sets of trades together. Commutative and associative, so bars come out the same in
 * whatever order their trades arrive: trades of equal TradeOrder stand in the order of their prices, then sources.
 */
export function mergeBars(a: BarTotals, b: BarTotals): BarTotals {
  const first = compareAt(a.first, a.open, b.first, b.open) <= 0 ? a : b;
  const byLast = compareAt(a.last, a.close, b.last, b.close) || a.source - b.source;
  const last = byLast >= 0 ? a : b;
  return {
    open: first.open,
    high: a.high > b.high ? a.high : b.high,
    low: a.low < b.low ? a.low : b.low,
    close: last.close,
    volume: a.volume + b.volume,
    quoteVolume: a.quoteVolume + b.quoteVolume,
    buyVolume: a.buyVolume + b.buyVolume,
    sellVolume: a.sellVolume + b.sellVolume,
    trades: a.trades + b.trades,
    first: first.first,
    last: last.last,
    source: last.source,
  };
}

function compareAt(a: TradeOrder, aPrice: bigint, b: TradeOrder, bPrice: bigint): number {
  return compareTradeOrder(a, b) || (aPrice < bPrice ? -1 : aPrice > bPrice ? 1 : 0);
}

/** A bar's part of one trade. */
export function totalsOfTrade(trades: TradeBatch, row: number): BarTotals {
  const price = trades.price.get(row);
  const size = trades.size.get(row);
  const side = trades.side[row];
  const order: TradeOrder = {
    timeUs: trades.eventTimeUs[row] ?? 0,
    timeNanos: trades.eventTimeNanos[row] ?? 0,
    sequence: trades.sequence.get(row),
    frameIndex: trades.frameIndex[row] ?? 0,
  };
  return {
    open: price,
    high: price,
    low: price,
    close: price,
    volume: size,
    quoteVolume: price * size,
    buyVolume: side === SIDE_BUY ? size : 0n,
    sellVolume: side === SIDE_SELL ? size : 0n,
    trades: trades.executions[row] ?? 0,
    first: order,
    last: order,
    source: trades.source[row] ?? 0,
  };
}
