import { InternalError } from "../base/index.ts";
import { BAR_INTERVAL_US, BAR_INTERVALS, type Bar, type BarInterval, type TradeBatch } from "../domain/index.ts";
import type { BarRules } from "./bar-rules.ts";
import { type BarTotals, mergeBars, totalsOfTrade } from "./bar-totals.ts";
import type { BarKey } from "./ports.ts";
import { TradeAccumulator } from "./trade-accumulator.ts";

/** One bar in memory: what was written about it, and what came since. */
interface Entry {
  readonly startUs: number;
  readonly endUs: number;
  /** Of the last revision written; undefined while the bar was never closed. */
  written: BarTotals | undefined;
  /** -1 while the bar was never closed. */
  revision: number;
  /** Trades not written yet, at the finest interval; coarser bars get theirs when the finer ones close. */
  trades: TradeAccumulator | undefined;
  part: BarTotals | undefined;
  pending: boolean;
  /** Opened in this frame by a trade that came after the bar's time. */
  late: boolean;
  /** The transaction that carries the last revision: the bar is not forgotten before that is durable. */
  transaction: number;
  /** Only while state is restored: written after the checkpoint, so the record contains all trades of its time. */
  restored: boolean;
}

interface Level {
  readonly index: number;
  readonly interval: BarInterval;
  readonly widthUs: number;
  readonly entries: Map<number, Entry>;
  /** Entries with something not written yet. */
  pending: Entry[];
  /** The latest start of a bar that was forgotten: one up to here that is not in memory may exist in the log. */
  forgottenUs: number;
}

export interface BarSink {
  readonly transaction: number;
  push(bar: Bar): void;
}

/**
 * The bars of one listing at all intervals.
 *
 * A trade is added to its one-second bar only. What a closing bar holds goes up to the next interval; what comes late to a
 * closed bar makes a revision of it and goes up as well. So each trade is in every written bar of its time, and in the
 * part of exactly one bar that is still open: the finest open one. (Recovery builds on this.)
 */
export class ListingBars {
  readonly listing: number;
  readonly #rules: BarRules;
  readonly #levels: readonly Level[];
  #current: Entry | undefined;
  /** The listing's clock: the latest event time (capped), and when that trade was received. */
  #clockUs: number = Number.NEGATIVE_INFINITY;
  #clockReceivedUs = 0;
  /** Where the clock stood when the current frame came. */
  #frameHorizonUs: number = Number.NEGATIVE_INFINITY;
  #nextCloseUs: number = Number.POSITIVE_INFINITY;
  #revised = false;
  readonly #openedLate: Entry[] = [];
  #rememberedFromUs: number = Number.NEGATIVE_INFINITY;
  /** In the list of the listings that the current frame touched. */
  touched = false;

  constructor(listing: number, rules: BarRules) {
    this.listing = listing;
    this.#rules = rules;
    this.#levels = BAR_INTERVALS.map((interval, index) => ({
      index,
      interval,
      widthUs: BAR_INTERVAL_US[interval],
      entries: new Map(),
      pending: [],
      forgottenUs: Number.NEGATIVE_INFINITY,
    }));
  }

  /** Before the first trade of a frame. */
  beginFrame(nowUs: number): void {
    this.#frameHorizonUs = this.#horizonUs(nowUs);
  }

  /** Every trade moves the clock, also one that no bar counts. */
  observe(eventUs: number, receivedUs: number): void {
    const clockUs = Math.min(eventUs, receivedUs + this.#rules.clockAheadUsMax);
    if (clockUs <= this.#clockUs) return;
    this.#clockUs = clockUs;
    this.#clockReceivedUs = receivedUs;
  }

  add(trades: TradeBatch, row: number): void {
    const eventUs = trades.eventTimeUs[row] ?? 0;
    let entry = this.#current;
    if (entry?.trades === undefined || eventUs < entry.startUs || eventUs >= entry.endUs) {
      entry = this.#entryAt(0, eventUs, true);
      entry.trades ??= new TradeAccumulator();
      this.#current = entry;
    }
    entry.trades?.addTrade(trades, row);
  }

  /** After the last trade of a frame, and when time has passed. @returns true when bars were written */
  settleIfDue(nowUs: number, sink: BarSink): boolean {
    const isDue = this.#revised || this.#nextCloseUs <= this.#horizonUs(nowUs);
    if (isDue) this.#settle(nowUs, sink);
    // The frame's own trades may have set the clock back to before the bar's end: then it is an open bar like others.
    for (const entry of this.#openedLate) entry.late = false;
    this.#openedLate.length = 0;
    return isDue;
  }

  /**
   * Closes the bars whose time has passed by our clock, whatever the listing's own clock says: of a file that ended no
   * more trades come, so nothing else would close its last ones. @returns true when bars were written
   */
  closeHistory(nowUs: number, sink: BarSink): boolean {
    const horizonUs = nowUs - this.#rules.silenceGraceUs;
    if (!this.#revised && this.#nextCloseUs > horizonUs) return false;
    this.#settle(nowUs, sink, horizonUs);
    return true;
  }

  /** Closes the bars whose time has passed and revises the closed ones that late trades touched, finer before coarser. */
  #settle(nowUs: number, sink: BarSink, horizonUs: number = this.#horizonUs(nowUs)): void {
    this.#nextCloseUs = Number.POSITIVE_INFINITY;
    for (const level of this.#levels) {
      if (level.pending.length > 0) this.#settleLevel(level, horizonUs, nowUs, sink);
    }
    this.#revised = false;
  }

  /** A trade of this time or later changes no bar that was forgotten. */
  get rememberedFromUs(): number {
    return this.#rememberedFromUs;
  }

  /** Bars that would be needed for a trade of this time, may exist, and are not in memory. */
  forgottenAt(eventUs: number, into: Map<string, BarKey>): void {
    for (const { index, interval, widthUs, entries, forgottenUs } of this.#levels) {
      const startUs = Math.floor(eventUs / widthUs) * widthUs;
      if (startUs > forgottenUs || entries.has(startUs)) continue;
      into.set(`${this.listing}/${index}/${startUs}`, { listing: this.listing, interval, startUs });
    }
  }

  /** A bar written earlier, back in memory: recalled, or read while state is restored. */
  putWritten(bar: Bar, restored = false): void {
    const level = this.#level(bar.interval);
    const entry = this.#entry(level, bar.startUs);
    entry.written = bar;
    entry.revision = bar.revision;
    entry.restored ||= restored;
  }

  /** That no such bar was ever written, so that it is not asked for again. */
  putAbsent(key: BarKey): void {
    this.#entry(this.#level(key.interval), key.startUs);
  }

  /** Forgets the oldest closed bars beyond the limits, of those whose last revision is durable. */
  forget(durableTransaction: number): void {
    let oldestPendingUs = Number.POSITIVE_INFINITY;
    for (const level of this.#levels) {
      const excess = level.entries.size - level.pending.length - (this.#rules.closedBarsMax[level.index] ?? 0);
      if (excess > 0) forgetOldest(level, excess, durableTransaction, oldestPendingUs);
      for (const entry of level.pending) oldestPendingUs = Math.min(oldestPendingUs, entry.startUs);
    }
    this.#measureMemory();
    if (this.#current !== undefined && !this.#current.pending) this.#current = undefined;
  }

  /** The bars that are not closed, with all that is known of them. */
  openBars(interval: BarInterval, knownAtUs: number): readonly Bar[] {
    const level = this.#level(interval);
    const byStart = new Map<number, BarTotals>();
    for (const finer of this.#levels) {
      if (finer.index > level.index) break;
      for (const entry of finer.pending) {
        const startUs = Math.floor(entry.startUs / level.widthUs) * level.widthUs;
        const part = partOf(entry);
        if (part === undefined || (level.entries.get(startUs)?.revision ?? -1) >= 0) continue;
        const totals = byStart.get(startUs);
        byStart.set(startUs, totals === undefined ? part : mergeBars(totals, part));
      }
    }
    return [...byStart]
      .sort(([a], [b]) => a - b)
      .map(([startUs, totals]) =>
        this.#bar(level, startUs, totals, { revision: 0, knownAtUs, cause: "closed", complete: false }),
      );
  }

  /** For a checkpoint, between frames. */
  state(): ListingBarsState {
    const closed: Bar[] = [];
    const open: Bar[] = [];
    const facts = { knownAtUs: 0, cause: "closed", complete: true } as const;
    for (const level of this.#levels) {
      for (const entry of level.entries.values()) {
        if (entry.written !== undefined)
          closed.push(this.#bar(level, entry.startUs, entry.written, { ...facts, revision: entry.revision }));
        const part = partOf(entry);
        if (part !== undefined) open.push(this.#bar(level, entry.startUs, part, { ...facts, revision: 0 }));
      }
    }
    return {
      clockUs: this.#clockUs,
      clockReceivedUs: this.#clockReceivedUs,
      forgottenUs: this.#levels.map(({ forgottenUs }) => forgottenUs),
      closed,
      open,
    };
  }

  /** The reverse of `state`, but for the open parts: those go through `restorePart` once the later bars are known. */
  restore(state: ListingBarsState): void {
    this.#clockUs = state.clockUs;
    this.#clockReceivedUs = state.clockReceivedUs;
    for (const [index, level] of this.#levels.entries())
      level.forgottenUs = state.forgottenUs[index] ?? Number.NEGATIVE_INFINITY;
    this.#measureMemory();
    for (const bar of state.closed) this.putWritten(bar);
  }

  /** A part of a bar that was open at the checkpoint: it is in every bar written since, and in the finest that was not. */
  restorePart(bar: Bar): void {
    this.#restoreFrom(this.#level(bar.interval).index, bar.startUs, bar);
  }

  restoreTrade(trades: TradeBatch, row: number): void {
    const eventUs = trades.eventTimeUs[row] ?? 0;
    if (this.#levels[0]?.entries.get(Math.floor(eventUs / 1_000_000) * 1_000_000)?.restored === true) {
      this.#restoreFrom(1, eventUs, totalsOfTrade(trades, row));
    } else this.add(trades, row);
  }

  /** After the last of the restoring. */
  endRestore(): void {
    for (const level of this.#levels) for (const entry of level.entries.values()) entry.restored = false;
    this.#revised = false;
  }

  #restoreFrom(levelIndex: number, atUs: number, totals: BarTotals): void {
    for (const level of this.#levels.slice(levelIndex)) {
      const entry = level.entries.get(Math.floor(atUs / level.widthUs) * level.widthUs);
      if (entry?.restored === true) continue;
      this.#addPart(this.#entryAt(level.index, atUs, false), totals);
      return;
    }
  }

  #measureMemory(): void {
    this.#rememberedFromUs = Math.max(...this.#levels.map(({ forgottenUs, widthUs }) => forgottenUs + widthUs));
  }

  #horizonUs(nowUs: number): number {
    return this.#clockUs + Math.max(0, nowUs - this.#clockReceivedUs - this.#rules.silenceGraceUs);
  }

  #level(interval: BarInterval): Level {
    const level = this.#levels[BAR_INTERVALS.indexOf(interval)];
    if (level === undefined) throw new InternalError(`There is no bar interval ${interval}`);
    return level;
  }

  /** The entry for a time, made pending. */
  #entryAt(levelIndex: number, atUs: number, late: boolean): Entry {
    const level = this.#levels[levelIndex];
    if (level === undefined) throw new InternalError(`There is no bar level ${levelIndex}`);
    const entry = this.#entry(level, Math.floor(atUs / level.widthUs) * level.widthUs);
    if (entry.pending) return entry;
    entry.pending = true;
    level.pending.push(entry);
    if (entry.revision >= 0) this.#revised = true;
    else {
      const closesUs = entry.endUs + this.#rules.closeGraceUs;
      if (late && closesUs <= this.#frameHorizonUs) {
        entry.late = true;
        this.#openedLate.push(entry);
      }
      this.#nextCloseUs = Math.min(this.#nextCloseUs, closesUs);
    }
    return entry;
  }

  #entry(level: Level, startUs: number): Entry {
    const known = level.entries.get(startUs);
    if (known !== undefined) return known;
    const entry: Entry = {
      startUs,
      endUs: startUs + level.widthUs,
      written: undefined,
      revision: -1,
      trades: undefined,
      part: undefined,
      pending: false,
      late: false,
      transaction: 0,
      restored: false,
    };
    level.entries.set(startUs, entry);
    return entry;
  }

  #settleLevel(level: Level, horizonUs: number, nowUs: number, sink: BarSink): void {
    const pending = level.pending;
    if (pending.length > 1) pending.sort((a, b) => a.startUs - b.startUs);
    level.pending = [];
    for (const entry of pending) {
      const closesUs = entry.endUs + this.#rules.closeGraceUs;
      if (entry.revision >= 0 || closesUs <= horizonUs) this.#write(level, entry, nowUs, sink);
      else {
        level.pending.push(entry);
        this.#nextCloseUs = Math.min(this.#nextCloseUs, closesUs);
      }
    }
  }

  #write(level: Level, entry: Entry, nowUs: number, sink: BarSink): void {
    const part = partOf(entry);
    entry.pending = false;
    entry.trades = undefined;
    entry.part = undefined;
    if (part === undefined) return;
    entry.written = entry.written === undefined ? part : mergeBars(entry.written, part);
    const late = entry.revision >= 0 || entry.late;
    entry.revision += 1;
    entry.transaction = sink.transaction;
    const facts = {
      revision: entry.revision,
      knownAtUs: nowUs,
      cause: late ? "late" : "closed",
      complete: true,
    } as const;
    sink.push(this.#bar(level, entry.startUs, entry.written, facts));
    this.#passUp(level.index + 1, entry.startUs, part, late);
  }

  #passUp(levelIndex: number, atUs: number, part: BarTotals, late: boolean): void {
    const level = this.#levels[levelIndex];
    if (level === undefined) return;
    const startUs = Math.floor(atUs / level.widthUs) * level.widthUs;
    if (startUs <= level.forgottenUs && !level.entries.has(startUs)) {
      throw new InternalError(
        `The ${level.interval} bar from ${startUs} µs of listing ${this.listing} was forgotten and not recalled; its revision would be wrong`,
      );
    }
    this.#addPart(this.#entryAt(levelIndex, atUs, late), part);
  }

  #addPart(entry: Entry, part: BarTotals): void {
    if (entry.trades !== undefined) entry.trades.addTotals(part);
    else entry.part = entry.part === undefined ? part : mergeBars(entry.part, part);
  }

  #bar(
    level: Level,
    startUs: number,
    totals: BarTotals,
    facts: Pick<Bar, "revision" | "knownAtUs" | "cause" | "complete">,
  ): Bar {
    return { ...totals, ...facts, listing: this.listing, interval: level.interval, startUs };
  }
}

export interface ListingBarsState {
  readonly clockUs: number;
  readonly clockReceivedUs: number;
  /** In the order of BAR_INTERVALS. */
  readonly forgottenUs: readonly number[];
  readonly closed: readonly Bar[];
  /** The parts of open bars that are not in a finer open one. */
  readonly open: readonly Bar[];
}

function partOf(entry: Entry): BarTotals | undefined {
  const trades = entry.trades?.totals();
  if (trades === undefined || entry.part === undefined) return trades ?? entry.part;
  return mergeBars(trades, entry.part);
}

function forgetOldest(level: Level, excess: number, durableTransaction: number, oldestPendingUs: number): void {
  const oldest = [...level.entries.values()].filter(({ pending }) => !pending).sort((a, b) => a.startUs - b.startUs);
  for (const entry of oldest.slice(0, excess)) {
    // In order and without exception, so that whatever is forgotten lies before whatever is kept.
    if (entry.transaction > durableTransaction || entry.endUs > oldestPendingUs) return;
    level.entries.delete(entry.startUs);
    level.forgottenUs = Math.max(level.forgottenUs, entry.startUs);
  }
}
