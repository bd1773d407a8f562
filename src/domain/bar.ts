/** Bar widths, finest first; each is a whole multiple of the one before but 30m → 1h → 4h → 1d, which are too. */
export const BAR_INTERVALS = ["1s", "1m", "5m", "15m", "30m", "1h", "4h", "1d"] as const;
export type BarInterval = (typeof BAR_INTERVALS)[number];

/** Microseconds, in the order of BAR_INTERVALS. Bars start at whole multiples of their width since the Unix epoch (UTC). */
export const BAR_INTERVAL_US: Readonly<Record<BarInterval, number>> = {
  "1s": 1_000_000,
  "1m": 60_000_000,
  "5m": 300_000_000,
  "15m": 900_000_000,
  "30m": 1_800_000_000,
  "1h": 3_600_000_000,
  "4h": 14_400_000_000,
  "1d": 86_400_000_000,
};

/** Why a row of bars was written: the bar ended; a trade of its time came after; the trades were derived anew. */
export type BarCause = "closed" | "late" | "rederived";

/**
 * One revision of one bar of one listing, from trades with `start <= event time < start + interval`.
 * The latest revision is the bar; earlier ones say what was known before.
 * Numbers are stored mantissas (unit.ts): prices and volumes at scale 8, quote volumes at scale 16 (natural notional).
 */
export interface Bar {
  /** Listing.index. */
  readonly listing: number;
  readonly interval: BarInterval;
  /** Microseconds since the Unix epoch. */
  readonly startUs: number;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
  readonly quoteVolume: bigint;
  readonly buyVolume: bigint;
  readonly sellVolume: bigint;
  /** Executions. */
  readonly trades: number;
  /** When and in which order the first and the last trade happened; ties are broken by sequence, then place in the frame. */
  readonly first: TradeOrder;
  readonly last: TradeOrder;
  /** From 0, one more for each row written about this bar. */
  readonly revision: number;
  /** Our clock, microseconds: the receive time of the frame that caused this revision. */
  readonly knownAtUs: number;
  readonly cause: BarCause;
  /** False while the bar's time has not passed: never written to the log or the lake as false. */
  readonly complete: boolean;
  /** Index into SOURCES; of its latest trade. */
  readonly source: number;
}

/** The order of trades within a listing: event time, then the venue's sequence, then the place in the frame. */
export interface TradeOrder {
  readonly timeUs: number;
  readonly timeNanos: number;
  readonly sequence: bigint;
  readonly frameIndex: number;
}

export function compareTradeOrder(a: TradeOrder, b: TradeOrder): number {
  if (a.timeUs !== b.timeUs) return a.timeUs - b.timeUs;
  if (a.timeNanos !== b.timeNanos) return a.timeNanos - b.timeNanos;
  if (a.sequence !== b.sequence) return a.sequence < b.sequence ? -1 : 1;
  return a.frameIndex - b.frameIndex;
}

export function barStartUs(timeUs: number, interval: BarInterval): number {
  const width = BAR_INTERVAL_US[interval];
  return Math.floor(timeUs / width) * width;
}
