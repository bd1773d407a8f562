export interface BarRules {
  /** A bar closes when the listing's clock is this far past its end: trades may come that much out of order. */
  readonly closeGraceUs: number;
  /** A silent listing's clock goes on with the receive clock, this much behind it. */
  readonly silenceGraceUs: number;
  /** A trade moves its listing's clock at most this far ahead of its own receive time: one wrong time must not close a day. */
  readonly clockAheadUsMax: number;
  /** Closed bars kept in memory a listing, by interval in the order of BAR_INTERVALS; older ones are recalled. */
  readonly closedBarsMax: readonly number[];
}
