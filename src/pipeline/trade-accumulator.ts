import { SIDE_BUY, SIDE_SELL, type TradeBatch } from "../domain/index.ts";
import { type BarTotals, mergeBars, totalsOfTrade } from "./bar-totals.ts";

/** Prices and sizes below this are added up in doubles, exactly; the few above go by BigInt. */
const FAST_LIMIT = 2 ** 51;
const HALF = 2 ** 26;
const SUM_LIMIT = 2 ** 52;

/**
 * The totals of a growing set of trades, exact and without a BigInt a trade.
 *
 * Sums are pairs (high × 2^52 + low); the sum of price × size is kept in three limbs of 26 bits:
 * each product of halves is below 2^52 and the carries go up at every trade, so no double ever rounds.
 */
export class TradeAccumulator {
  /** Trades beyond the fast limit, and parts that were added whole. */
  #rest: BarTotals | undefined;
  #rows = 0;
  #open = 0;
  #high = 0;
  #low = 0;
  #close = 0;
  #volume = 0;
  #volumeHigh = 0;
  #buy = 0;
  #buyHigh = 0;
  #sell = 0;
  #sellHigh = 0;
  #quote0 = 0;
  #quote1 = 0;
  #quote2 = 0;
  #executions = 0;
  #firstUs = 0;
  #firstNanos = 0;
  #firstSequenceHigh = 0;
  #firstSequenceLow = 0;
  #firstIndex = 0;
  #lastUs = 0;
  #lastNanos = 0;
  #lastSequenceHigh = 0;
  #lastSequenceLow = 0;
  #lastIndex = 0;
  #lastSource = 0;

  addTrade(trades: TradeBatch, row: number): void {
    const price = trades.price.getNumber(row);
    const size = trades.size.getNumber(row);
    if (!(price < FAST_LIMIT && size < FAST_LIMIT)) {
      this.addTotals(totalsOfTrade(trades, row));
      return;
    }
    this.#addPrice(trades, row, price);
    this.#addVolume(trades.side[row] ?? 0, size);
    this.#addNotional(price, size);
    this.#executions += trades.executions[row] ?? 0;
    this.#rows += 1;
  }

  addTotals(totals: BarTotals): void {
    this.#rest = this.#rest === undefined ? totals : mergeBars(this.#rest, totals);
  }

  /** @returns undefined when nothing was added */
  totals(): BarTotals | undefined {
    if (this.#rows === 0) return this.#rest;
    const fast = this.#fastTotals();
    return this.#rest === undefined ? fast : mergeBars(fast, this.#rest);
  }

  #addPrice(trades: TradeBatch, row: number, price: number): void {
    if (this.#rows === 0) {
      this.#high = price;
      this.#low = price;
      this.#setFirst(trades, row, price);
      this.#setLast(trades, row, price);
      return;
    }
    if (price > this.#high) this.#high = price;
    if (price < this.#low) this.#low = price;
    if (this.#compareLast(trades, row, price) > 0) this.#setLast(trades, row, price);
    else if (this.#compareFirst(trades, row, price) < 0) this.#setFirst(trades, row, price);
  }

  #addVolume(side: number, size: number): void {
    this.#volume += size;
    if (this.#volume >= SUM_LIMIT) {
      this.#volume -= SUM_LIMIT;
      this.#volumeHigh += 1;
    }
    if (side === SIDE_BUY) {
      this.#buy += size;
      if (this.#buy >= SUM_LIMIT) {
        this.#buy -= SUM_LIMIT;
        this.#buyHigh += 1;
      }
    } else if (side === SIDE_SELL) {
      this.#sell += size;
      if (this.#sell >= SUM_LIMIT) {
        this.#sell -= SUM_LIMIT;
        this.#sellHigh += 1;
      }
    }
  }

  #addNotional(price: number, size: number): void {
    const priceHigh = Math.floor(price / HALF);
    const priceLow = price - priceHigh * HALF;
    const sizeHigh = Math.floor(size / HALF);
    const sizeLow = size - sizeHigh * HALF;
    const limb0 = this.#quote0 + priceLow * sizeLow;
    const carry0 = Math.floor(limb0 / HALF);
    this.#quote0 = limb0 - carry0 * HALF;
    const limb1 = this.#quote1 + priceHigh * sizeLow + priceLow * sizeHigh + carry0;
    const carry1 = Math.floor(limb1 / HALF);
    this.#quote1 = limb1 - carry1 * HALF;
    this.#quote2 += priceHigh * sizeHigh + carry1;
    if (this.#quote2 >= SUM_LIMIT) this.#flush();
  }

  /** Before the top limb could round: what was added so far becomes a part of the rest. */
  #flush(): void {
    const fast = this.#fastTotals();
    this.#rest = this.#rest === undefined ? fast : mergeBars(fast, this.#rest);
    // The prices and the order stay as they are: merging them again changes nothing. The sums start anew.
    this.#volume = 0;
    this.#volumeHigh = 0;
    this.#buy = 0;
    this.#buyHigh = 0;
    this.#sell = 0;
    this.#sellHigh = 0;
    this.#quote0 = 0;
    this.#quote1 = 0;
    this.#quote2 = 0;
    this.#executions = 0;
  }

  #compareLast(trades: TradeBatch, row: number, price: number): number {
    const byTime = (trades.eventTimeUs[row] ?? 0) - this.#lastUs;
    if (byTime !== 0) return byTime;
    return (
      (trades.eventTimeNanos[row] ?? 0) - this.#lastNanos ||
      trades.sequence.high(row) - this.#lastSequenceHigh ||
      (trades.sequence.low(row) >>> 0) - this.#lastSequenceLow ||
      (trades.frameIndex[row] ?? 0) - this.#lastIndex ||
      price - this.#close ||
      (trades.source[row] ?? 0) - this.#lastSource
    );
  }

  #compareFirst(trades: TradeBatch, row: number, price: number): number {
    const byTime = (trades.eventTimeUs[row] ?? 0) - this.#firstUs;
    if (byTime !== 0) return byTime;
    return (
      (trades.eventTimeNanos[row] ?? 0) - this.#firstNanos ||
      trades.sequence.high(row) - this.#firstSequenceHigh ||
      (trades.sequence.low(row) >>> 0) - this.#firstSequenceLow ||
      (trades.frameIndex[row] ?? 0) - this.#firstIndex ||
      price - this.#open
    );
  }

  #setFirst(trades: TradeBatch, row: number, price: number): void {
    this.#open = price;
    this.#firstUs = trades.eventTimeUs[row] ?? 0;
    this.#firstNanos = trades.eventTimeNanos[row] ?? 0;
    this.#firstSequenceHigh = trades.sequence.high(row);
    this.#firstSequenceLow = trades.sequence.low(row) >>> 0;
    this.#firstIndex = trades.frameIndex[row] ?? 0;
  }

  #setLast(trades: TradeBatch, row: number, price: number): void {
    this.#close = price;
    this.#lastUs = trades.eventTimeUs[row] ?? 0;
    this.#lastNanos = trades.eventTimeNanos[row] ?? 0;
    this.#lastSequenceHigh = trades.sequence.high(row);
    this.#lastSequenceLow = trades.sequence.low(row) >>> 0;
    this.#lastIndex = trades.frameIndex[row] ?? 0;
    this.#lastSource = trades.source[row] ?? 0;
  }

  #fastTotals(): BarTotals {
    return {
      open: BigInt(this.#open),
      high: BigInt(this.#high),
      low: BigInt(this.#low),
      close: BigInt(this.#close),
      volume: pair(this.#volumeHigh, this.#volume),
      buyVolume: pair(this.#buyHigh, this.#buy),
      sellVolume: pair(this.#sellHigh, this.#sell),
      quoteVolume: (BigInt(this.#quote2) << 52n) + (BigInt(this.#quote1) << 26n) + BigInt(this.#quote0),
      trades: this.#executions,
      first: {
        timeUs: this.#firstUs,
        timeNanos: this.#firstNanos,
        sequence: sequenceOf(this.#firstSequenceHigh, this.#firstSequenceLow),
        frameIndex: this.#firstIndex,
      },
      last: {
        timeUs: this.#lastUs,
        timeNanos: this.#lastNanos,
        sequence: sequenceOf(this.#lastSequenceHigh, this.#lastSequenceLow),
        frameIndex: this.#lastIndex,
      },
      source: this.#lastSource,
    };
  }
}

function pair(high: number, low: number): bigint {
  return high === 0 ? BigInt(low) : (BigInt(high) << 52n) + BigInt(low);
}

function sequenceOf(high: number, low: number): bigint {
  return (BigInt(high) << 32n) + BigInt(low);
}
