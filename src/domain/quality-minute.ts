/** What one minute of one listing was worth, by K2's receive clock. Judges data; never changes or drops any. */
export interface QualityMinute {
  /** Listing.index. */
  readonly listing: number;
  /** Start of the minute, receive clock, microseconds; it is half-open. */
  readonly startUs: number;
  /** Stored trades that were received in it as they happened: no snapshots, no history. */
  readonly trades: number;
  /** Trades that came again, and were not stored again. */
  readonly duplicates: number;
  /** Records of the listing in quarantine. */
  readonly refused: number;
  /** Trades with an event time before that of the one received before them. */
  readonly outOfOrder: number;
  /** How much of the minute a gap was open that names the listing, microseconds. */
  readonly gapUs: number;
  /** Receive minus event time, microseconds; undefined without trades. Below zero our clock is behind the venue's. */
  readonly latency: LatencySummary | undefined;
  /** Trades whose price is far off the moves before it, and whose size is far above those before it. */
  readonly priceOutliers: number;
  readonly sizeOutliers: number;
  /** Ids of the first of these trades. */
  readonly outlierIds: readonly string[];
  /** Last price against the middle one of the instrument's last prices at other venues, millionths; undefined where there is none. */
  readonly divergencePpm: number | undefined;
  /** Trades that the minutes before lead to expect; undefined until there are enough of them. */
  readonly expectedTrades: number | undefined;
  readonly flags: readonly QualityFlag[];
  /** Index into SOURCES. */
  readonly source: number;
}

/** Minimum and maximum are exact; the quantiles are at most 1.6 % below the exact ones, in magnitude. */
export interface LatencySummary {
  readonly minUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

export const QUALITY_FLAGS = [
  /** Not the whole minute: K2 saw the listing, or anything at all, only from some moment in it on. */
  "partial",
  /** No trade, though the venue's connections were alive. */
  "quiet",
  /** No trade, and nothing else from the venue either. */
  "silent",
  /** Fewer than a quarter of the expected trades, where at least twelve were expected. */
  "sparse",
  /** The minute of the listing was told before, and the clock went back to it: another row tells of what was received then. */
  "again",
] as const;
export type QualityFlag = (typeof QUALITY_FLAGS)[number];
