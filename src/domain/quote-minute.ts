/** What one minute of one listing's best bid and ask was worth, by K2's receive clock. Judges data; never changes any. */
export interface QuoteMinute {
  /** Listing.index. */
  readonly listing: number;
  /** Start of the minute, receive clock, microseconds; it is half-open. */
  readonly startUs: number;
  /** How often the best bid or ask became another price, or known again. */
  readonly changes: number;
  /** How much of the minute both were known: proven or of the venue's quote channel, and of a connection that was heard. */
  readonly quotedUs: number;
  /** How much of it the venue's own bid stood at or above its own ask. */
  readonly ownCrossedUs: number;
  /** Ask less bid, in billionths of the bid; undefined where nothing was quoted. */
  readonly spread: SpreadSummary | undefined;
  /** How much of it another venue of the instrument was quoted too: of the venue with which that was the longest. */
  readonly comparedUs: number;
  /** With which other venue its bid and the other's ask, or its ask and the other's bid, were one price the longest. */
  readonly locked: MetVenue | undefined;
  /** With which its bid stood above the other's ask, or its ask below the other's bid, the longest. */
  readonly crossed: MetVenue | undefined;
  /** The most by which they were crossed, at any venue, in billionths of the lower price; undefined where they never were. */
  readonly crossedMaxPpb: number | undefined;
  readonly flags: readonly QuoteMinuteFlag[];
  /** Index into SOURCES. */
  readonly source: number;
}

export interface MetVenue {
  readonly venue: string;
  /** Microseconds of the minute. */
  readonly us: number;
}

/** Billionths of the bid; the mean is weighted by time. */
export interface SpreadSummary {
  readonly minPpb: number;
  readonly meanPpb: number;
  readonly maxPpb: number;
}

export const QUOTE_MINUTE_FLAGS = [
  /** K2 knew the listing's quotes only from some moment in the minute on, or the clock went back before its end. */
  "partial",
  /** At no time of the minute both best prices were known. */
  "unquoted",
  /** More changes than are kept of one minute: what came after them is not judged. */
  "cut",
] as const;
export type QuoteMinuteFlag = (typeof QUOTE_MINUTE_FLAGS)[number];
