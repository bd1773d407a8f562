import {
  BAR_INTERVALS,
  type Bar,
  type BarInterval,
  decodeBars,
  encodeBars,
  TRADE_FLAGS,
  type TradeBatch,
} from "../domain/index.ts";
import type { BarRules } from "./bar-rules.ts";
import { type BarSink, ListingBars } from "./listing-bars.ts";
import type { BarKey } from "./ports.ts";
import type { ByteReader, ByteWriter } from "./state/bytes.ts";

/**
 * Flags of trades that are in no bar: prints that are not a match of two orders.
 *
 * A trade that came in a snapshot counts, for its event time: it is a real execution. Bars of a time before K2 captured
 * may lack others, as the venue's snapshot begins somewhere; the gaps table says from when on capture is whole.
 */
export const FLAGS_WITHOUT_BARS: number = TRADE_FLAGS.nonMarket;

/**
 * When bars close. A listing's clock is its latest event time; in silence it goes on with the receive clock after
 * `silenceGraceUs`. A bar closes when that clock is `closeGraceUs` past its end. Trades that come later revise it.
 */
export const BAR_RULES: BarRules = {
  closeGraceUs: 1_000_000,
  silenceGraceUs: 2_000_000,
  clockAheadUsMax: 60_000_000,
  closedBarsMax: [64, 16, 6, 4, 4, 4, 3, 2],
};

/** Silent listings are looked at when the receive clock enters another stretch of this length. */
const SWEEP_US = 250_000;

/** The moments of a chunk at which bars may change: a frame's receive time, and how many rows there were after it. */
export interface FrameTicks {
  readonly count: number;
  readonly timeUs: Float64Array;
  readonly rowEnd: Uint32Array;
  /** Moments at which a file of history ended: bars whose time has passed close, however quiet their listing is. */
  readonly historyEnds?: ReadonlySet<number>;
}

export interface OpenBarsFilter {
  readonly listings?: readonly number[] | undefined;
  readonly intervals?: readonly BarInterval[] | undefined;
}

/**
 * Bars from trades, 1s to 1d. A function of the frames and their order alone: not of how they are cut into chunks,
 * nor of restarts. The latest revisions do not even depend on the order.
 */
export class Candles {
  readonly #rules: BarRules;
  readonly #byListing: (ListingBars | undefined)[] = [];
  #touched: ListingBars[] = [];
  readonly #changed: Set<ListingBars> = new Set();
  #clockUs = 0;

  constructor(rules: BarRules = BAR_RULES) {
    this.#rules = rules;
  }

  /** Receive time of the last frame, microseconds. */
  get clockUs(): number {
    return this.#clockUs;
  }

  /** True when a frame received at this time must be told even if it holds no trade. */
  static entersNextSweep(timeUs: number, beforeUs: number): boolean {
    return Math.floor(timeUs / SWEEP_US) !== Math.floor(beforeUs / SWEEP_US);
  }

  /** Closed bars that the rows of a chunk will change and that are not in memory; give them to `putRecalled` first. */
  missing(trades: TradeBatch): readonly BarKey[] {
    const keys = new Map<string, BarKey>();
    for (let row = 0; row < trades.length; row += 1) {
      if (((trades.flags[row] ?? 0) & FLAGS_WITHOUT_BARS) !== 0) continue;
      const bars = this.#byListing[trades.listing[row] ?? 0];
      const eventUs = trades.eventTimeUs[row] ?? 0;
      if (bars !== undefined && eventUs < bars.rememberedFromUs) bars.forgottenAt(eventUs, keys);
    }
    return [...keys.values()];
  }

  putRecalled(keys: readonly BarKey[], recalled: readonly (Bar | undefined)[]): void {
    for (const [index, key] of keys.entries()) {
      const bars = this.#of(key.listing);
      const bar = recalled[index];
      if (bar === undefined) bars.putAbsent(key);
      else bars.putWritten(bar);
      this.#changed.add(bars);
    }
  }

  /** Takes in a chunk's rows, frame by frame; closed and revised bars go to `sink`. */
  apply(trades: TradeBatch, ticks: FrameTicks, sink: BarSink): void {
    let row = 0;
    for (let tick = 0; tick < ticks.count; tick += 1) {
      const timeUs = ticks.timeUs[tick] ?? 0;
      if (Candles.entersNextSweep(timeUs, this.#clockUs)) this.#sweep(timeUs, sink);
      this.#clockUs = timeUs;
      const rowEnd = ticks.rowEnd[tick] ?? row;
      if (ticks.historyEnds?.has(tick) === true) this.#closeHistory(timeUs, sink);
      if (row === rowEnd) continue;
      for (; row < rowEnd; row += 1) this.#add(trades, row, timeUs);
      this.#settleTouched(timeUs, sink);
    }
  }

  /** Between chunks: what was written by transactions up to this one may be forgotten where there is too much of it. */
  forget(durableTransaction: number): void {
    for (const bars of this.#changed) bars.forget(durableTransaction);
    this.#changed.clear();
  }

  openBars({ listings, intervals = BAR_INTERVALS }: OpenBarsFilter = {}): readonly Bar[] {
    const chosen = listings === undefined ? this.#byListing : listings.map((listing) => this.#byListing[listing]);
    return chosen.flatMap((bars) =>
      bars === undefined ? [] : intervals.flatMap((interval) => bars.openBars(interval, this.#clockUs)),
    );
  }

  write(writer: ByteWriter): void {
    writer.float(this.#clockUs);
    writer.whole(this.#byListing.length);
    for (let listing = 0; listing < this.#byListing.length; listing += 1) {
      const state = this.#byListing[listing]?.state();
      writer.byte(state === undefined ? 0 : 1);
      if (state === undefined) continue;
      writer.float(state.clockUs);
      writer.float(state.clockReceivedUs);
      for (const forgottenUs of state.forgottenUs) writer.float(forgottenUs);
      writer.records(encodeBars(state.closed));
      writer.records(encodeBars(state.open));
    }
  }

  static read(reader: ByteReader, rules: BarRules = BAR_RULES): CandlesRestore {
    const candles = new Candles(rules);
    const parts: Bar[] = [];
    candles.#clockUs = reader.float();
    const count = reader.whole();
    for (let listing = 0; listing < count; listing += 1) {
      if (reader.byte() === 0) continue;
      const bars = candles.#of(listing);
      const clockUs = reader.float();
      const clockReceivedUs = reader.float();
      const forgottenUs = BAR_INTERVALS.map(() => reader.float());
      const closed = decodeBars(reader.records());
      parts.push(...decodeBars(reader.records()));
      bars.restore({ clockUs, clockReceivedUs, forgottenUs, closed, open: [] });
    }
    return new CandlesRestore(candles, parts);
  }

  restoreBar(bar: Bar): void {
    this.#of(bar.listing).putWritten(bar, true);
  }
  restorePart(bar: Bar): void {
    this.#of(bar.listing).restorePart(bar);
  }
  restoreTrade(trades: TradeBatch, row: number): void {
    const bars = this.#of(trades.listing[row] ?? 0);
    bars.observe(trades.eventTimeUs[row] ?? 0, trades.receiveTimeUs[row] ?? 0);
    if (((trades.flags[row] ?? 0) & FLAGS_WITHOUT_BARS) === 0) bars.restoreTrade(trades, row);
  }
  endRestore(clockUs: number): void {
    this.#clockUs = clockUs;
    for (const bars of this.#byListing) {
      bars?.endRestore();
      if (bars !== undefined) this.#changed.add(bars);
    }
  }

  #add(trades: TradeBatch, row: number, nowUs: number): void {
    const bars = this.#of(trades.listing[row] ?? 0);
    if (!bars.touched) {
      bars.touched = true;
      bars.beginFrame(nowUs);
      this.#touched.push(bars);
    }
    bars.observe(trades.eventTimeUs[row] ?? 0, trades.receiveTimeUs[row] ?? 0);
    if (((trades.flags[row] ?? 0) & FLAGS_WITHOUT_BARS) === 0) bars.add(trades, row);
  }

  #settleTouched(nowUs: number, sink: BarSink): void {
    for (const bars of this.#touched) {
      bars.touched = false;
      this.#settle(bars, nowUs, sink);
    }
    this.#touched.length = 0;
  }

  #sweep(nowUs: number, sink: BarSink): void {
    for (const bars of this.#byListing) if (bars !== undefined) this.#settle(bars, nowUs, sink);
  }

  #closeHistory(nowUs: number, sink: BarSink): void {
    for (const bars of this.#byListing) if (bars?.closeHistory(nowUs, sink) === true) this.#changed.add(bars);
  }

  #settle(bars: ListingBars, nowUs: number, sink: BarSink): void {
    if (bars.settleIfDue(nowUs, sink)) this.#changed.add(bars);
  }

  #of(listing: number): ListingBars {
    const known = this.#byListing[listing];
    if (known !== undefined) return known;
    while (this.#byListing.length < listing) this.#byListing.push(undefined);
    const bars = new ListingBars(listing, this.#rules);
    this.#byListing[listing] = bars;
    return bars;
  }
}

/** Candles that come back from a checkpoint and what was written after it: bars first, then trades, then `finish`. */
export class CandlesRestore {
  readonly #candles: Candles;
  readonly #parts: readonly Bar[];

  constructor(candles: Candles, parts: readonly Bar[] = []) {
    this.#candles = candles;
    this.#parts = parts;
  }

  get clockUs(): number {
    return this.#candles.clockUs;
  }

  /** Bars written since, in the order of the log: the last of each is what counts. */
  bar(bar: Bar): void {
    this.#candles.restoreBar(bar);
  }

  /** Before the first trade, after the last bar. */
  endBars(): void {
    for (const part of this.#parts) this.#candles.restorePart(part);
  }

  /** Trades written since. */
  trade(trades: TradeBatch, row: number): void {
    this.#candles.restoreTrade(trades, row);
  }

  /** @param clockUs receive time of the last frame */
  finish(clockUs: number): Candles {
    this.#candles.endRestore(clockUs);
    return this.#candles;
  }
}
