import type { MarketListing } from "./listings.ts";
import type { Fill } from "./market-model.ts";

/** What traded in a span of time. Sizes are counted in the listing's lots, which a double holds exactly. */
export interface MarketSpan {
  /** Microseconds since the Unix epoch. */
  readonly startUs: number;
  /** Price mantissas. */
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly lots: number;
  /** Of them, what takers bought. */
  readonly buyLots: number;
  /** Sum of price × size, in the mantissas of both. */
  readonly notional: bigint;
  readonly buyNotional: bigint;
  readonly trades: number;
  /** Ordinals of the first and the last trade. */
  readonly first: number;
  readonly last: number;
}

const HOUR_US = 3_600_000_000;
const DAY_HOURS = 24;

/**
 * What a listing's trades add up to: candles, and the last 24 hours in whole hours. It begins with the trades that are still
 * known when the first client asks, so that nobody's listening costs nothing.
 */
export class MarketTape {
  readonly #market: MarketListing;
  /** By hour, the oldest first. */
  #hours: MarketSpan[] = [];
  /** The running candle by interval, microseconds; and the one before, where it ended with the last order. */
  readonly #running = new Map<number, MarketSpan>();
  readonly #ended = new Map<number, MarketSpan>();
  readonly #recent: () => readonly Fill[];

  /** @param recent the newest fills, the oldest first */
  constructor(market: MarketListing, recent: () => readonly Fill[]) {
    this.#market = market;
    this.#recent = recent;
    this.#takeHours(recent());
  }

  /** Takes the fills of one order, which are of one time. */
  take(fills: readonly Fill[]): void {
    this.#takeHours(fills);
    this.#ended.clear();
    for (const [intervalUs, candle] of this.#running) {
      const timeUs = fills[0]?.timeUs ?? candle.startUs;
      const isNext = timeUs >= candle.startUs + intervalUs;
      if (isNext) this.#ended.set(intervalUs, candle);
      else if (candle.trades === 0) continue; // Passed over to its end.
      const added = this.#spanOf(fills, startOf(timeUs, intervalUs));
      this.#running.set(intervalUs, isNext ? added : joined(candle, added));
    }
  }

  /** The last 24 hours; undefined before the first trade. */
  get day(): MarketSpan | undefined {
    return this.#hours.length === 0 ? undefined : this.#hours.reduce(joined);
  }

  /** The candle that runs, complete from its begin; undefined where its first trades are not known any more. */
  candle(intervalUs: number): MarketSpan | undefined {
    const running = this.#running.get(intervalUs) ?? this.#begin(intervalUs);
    return running?.trades === 0 ? undefined : running;
  }

  /** The candle that ended when the last order came. */
  ended(intervalUs: number): MarketSpan | undefined {
    const ended = this.#ended.get(intervalUs);
    return ended?.trades === 0 ? undefined : ended;
  }

  #begin(intervalUs: number): MarketSpan | undefined {
    const recent = this.#recent();
    const last = recent.at(-1);
    if (last === undefined) return undefined;
    const startUs = startOf(last.timeUs, intervalUs);
    const within = recent.filter(({ timeUs }) => timeUs >= startUs);
    const isWhole = within.length < recent.length || recent[0]?.ordinal === 1;
    // One that is not whole is passed over: it stays without trades.
    const candle = isWhole ? this.#spanOf(within, startUs) : { ...this.#spanOf([last], startUs), trades: 0 };
    this.#running.set(intervalUs, candle);
    return candle;
  }

  #takeHours(fills: readonly Fill[]): void {
    for (let from = 0; from < fills.length; ) {
      const startUs = startOf(fills[from]?.timeUs ?? 0, HOUR_US);
      let to = from;
      while (to < fills.length && startOf(fills[to]?.timeUs ?? 0, HOUR_US) === startUs) to += 1;
      const added = this.#spanOf(fills.slice(from, to), startUs);
      const newest = this.#hours.at(-1);
      if (newest?.startUs === startUs) this.#hours[this.#hours.length - 1] = joined(newest, added);
      else this.#hours = [...this.#hours.filter((hour) => hour.startUs > startUs - DAY_HOURS * HOUR_US), added];
      from = to;
    }
  }

  #spanOf(fills: readonly Fill[], startUs: number): MarketSpan {
    const [begin] = fills;
    const prices = fills.map(({ price }) => price);
    const bought = fills.filter(({ isBuy }) => isBuy);
    const lots = (some: readonly Fill[]): number => some.reduce((sum, { size }) => sum + size / this.#market.lot, 0);
    const notional = (some: readonly Fill[]): bigint =>
      some.reduce((sum, { price, size }) => sum + BigInt(price) * BigInt(size), 0n);
    return {
      startUs,
      open: begin?.price ?? 0,
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1) ?? 0,
      lots: lots(fills),
      buyLots: lots(bought),
      notional: notional(fills),
      buyNotional: notional(bought),
      trades: fills.length,
      first: begin?.ordinal ?? 0,
      last: fills.at(-1)?.ordinal ?? 0,
    };
  }
}

function startOf(timeUs: number, intervalUs: number): number {
  return Math.floor(timeUs / intervalUs) * intervalUs;
}

function joined(before: MarketSpan, after: MarketSpan): MarketSpan {
  return {
    startUs: before.startUs,
    open: before.open,
    high: Math.max(before.high, after.high),
    low: Math.min(before.low, after.low),
    close: after.close,
    lots: before.lots + after.lots,
    buyLots: before.buyLots + after.buyLots,
    notional: before.notional + after.notional,
    buyNotional: before.buyNotional + after.buyNotional,
    trades: before.trades + after.trades,
    first: before.first,
    last: after.last,
  };
}
