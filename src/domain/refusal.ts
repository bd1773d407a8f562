/**
 * Where a record was refused: "decode" and "validate" in the path of trades, "book" in that of books and quotes,
 * "venue-data" in that of tickers, candles, funding, liquidations and status.
 */
export type RefusalStage = "decode" | "validate" | "book" | "venue-data";

/** Why. Stable names: they are labels of metrics and values of silver.quarantine.reason. */
export type RefusalReason =
  | "malformed" // not JSON, not of the venue's grammar, or a field is missing or of the wrong type
  | "unknown_message" // well-formed, but of no kind that the feed's documentation names
  | "unknown_symbol" // a symbol that is not configured
  | "venue_error" // the venue says that something is wrong
  | "inexact_price" // the column cannot hold it without rounding
  | "inexact_size"
  | "out_of_range_price"
  | "out_of_range_size"
  | "out_of_range_notional" // price × size so large that a bar's quote volume could not hold a day of such trades
  | "non_positive_price"
  | "non_positive_size"
  | "time_out_of_range" // before 2009 or more than a day after it was received
  | "conflicting_duplicate"; // the same id as an earlier trade, with another price, size or side

/** A frame, or one record within a frame, that K2 could not take in. Its row in quarantine keeps the bytes. */
export interface Refusal {
  readonly stage: RefusalStage;
  readonly reason: RefusalReason;
  /** For a person: what was seen and what was expected. */
  readonly detail: string;
  readonly feed: string;
  readonly rawSymbol: string | undefined;
  /** Place of the refused record within its frame; undefined when the whole frame is refused. */
  readonly frameIndex: number | undefined;
  readonly rawPartition: number;
  readonly rawOffset: number;
  readonly receiveTimeUs: number;
  readonly payload: Uint8Array;
  readonly source: number;
}
