import type { Abortable } from "../base/index.ts";
import type { BarInterval, VenueDataKind } from "../domain/index.ts";
import type { BookAnswer, BookRequest } from "./book/book-request.ts";
import type { Receipt } from "./receipt.ts";

export type { Receipt } from "./receipt.ts";

/**
 * Questions over the lake and the store at once, exactly once a row (invariant I5): a question takes lake snapshot S
 * with its offsets, and from the store exactly the rows after them. Text of numbers is decimal and exact; text of times is
 * ISO 8601 UTC with up to nine fractional digits.
 */
export interface QueryEngine extends AsyncDisposable {
  trades(request: TradesRequest, options?: Abortable): Promise<Page<TradeRow>>;
  /** Latest revision of each bar; open bars only when `includeOpen`. */
  bars(request: BarsRequest, options?: Abortable): Promise<Page<BarRow>>;
  /**
   * An order book as it was: the last whole one at or before the time, and what changed from then on. Without a time: the
   * one that the pipeline holds, where it runs in this process.
   *
   * @throws {BookNotProvenError} when it was not proven then, naming the gap
   * @throws {BookNotFoundError} when no book of the listing was received by then
   */
  book(request: BookRequest, options?: Abortable): Promise<BookAnswer>;
  /** Judged minutes of trades, by the start of the minute on our clock. Of a minute told again (flag `again`) all rows. */
  quality(request: RangeRequest, options?: Abortable): Promise<Page<QualityRow>>;
  /** Judged minutes of best bids and asks. */
  quoteQuality(request: RangeRequest, options?: Abortable): Promise<Page<QuoteQualityRow>>;
  /**
   * What venues published beside trades and books, in the order of their times; of candles the newest statement about
   * each, by opening time.
   */
  venueData(request: VenueDataRequest, options?: Abortable): Promise<Page<VenueDataAnswerRow>>;
  listings(): Promise<readonly ListingRow[]>;
  /**
   * Any SQL over the views `silver.trades`, `gold.bars`, … (each table of domain/tables.ts under its namespace), and the
   * natural values of `trades`, `bars` and `listings`; see describeTables(). What the text creates is gone afterwards.
   * `bronze.frames` has what has landed.
   * Trusted callers only: this is the operator's own prompt, never a remote user's.
   */
  sql(text: string, options?: SqlOptions): Promise<SqlResult>;
}

/** A lake state to ask: the snapshot, or the last one at a time. Without it: everything up to now, the live tail included. */
export type AsOf = { readonly snapshotId: bigint } | { readonly timeUs: number };

export interface RangeRequest {
  /** Canonical ids; empty or absent for all. */
  readonly symbols?: readonly string[];
  readonly venues?: readonly string[];
  /** Event time, inclusive, microseconds since the Unix epoch. */
  readonly startUs?: number | undefined;
  /** Event time, exclusive. */
  readonly endUs?: number | undefined;
  readonly order: "ascending" | "descending";
  readonly limit: number;
  /** From the page before; opaque. Continues exactly after it, whatever arrived since. */
  readonly cursor?: string | undefined;
  readonly asOf?: AsOf | undefined;
}

export interface TradesRequest extends RangeRequest {}

export interface BarsRequest extends RangeRequest {
  readonly interval: BarInterval;
  readonly includeOpen: boolean;
  /**
   * previous: intervals without a trade are filled as venues do, with the previous close and volume 0, between a
   * listing's first and its last bar within the range; nothing is made up before or after.
   */
  readonly fill: "none" | "previous";
}

export interface VenueDataRequest extends RangeRequest {
  readonly kind: VenueDataKind;
  /** Of candles: only these. */
  readonly interval?: string | undefined;
}

/** A row by the fields of its kind (VENUE_DATA_FIELDS): numbers are natural, decimals exact text, times ISO 8601. */
export type VenueDataAnswerRow = Readonly<Record<string, string | number | null | readonly string[]>>;

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Ask again with it for the next page; undefined at the end. */
  readonly cursor: string | undefined;
  readonly receipt: Receipt;
}

export interface TradeRow {
  readonly venue: string;
  readonly symbol: string;
  readonly rawSymbol: string;
  readonly tradeId: string;
  /** Natural price, quote currency per unit of base. */
  readonly price: string;
  /** Natural size, base currency. */
  readonly size: string;
  readonly side: "buy" | "sell" | "unknown";
  readonly eventTime: string;
  readonly receiveTime: string;
  readonly executions: number;
  readonly flags: readonly string[];
  readonly source: string;
}

export interface BarRow {
  readonly venue: string;
  readonly symbol: string;
  readonly rawSymbol: string;
  readonly interval: BarInterval;
  readonly start: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly buyVolume: string;
  readonly sellVolume: string;
  /** quoteVolume ÷ volume, rounded half up to 12 significant decimals; null when the volume is 0. The one rounded number here. */
  readonly vwap: string | null;
  readonly trades: number;
  readonly revision: number;
  readonly knownAt: string;
  readonly cause: string;
  /** False while the bar's time has not passed. */
  readonly complete: boolean;
  readonly source: string;
}

/** A row of ops.quality; what the fields mean stands at QualityMinute and in docs/data-quality.md. */
export interface QualityRow {
  readonly venue: string;
  readonly symbol: string;
  readonly rawSymbol: string;
  /** Of the minute, our clock. */
  readonly start: string;
  readonly trades: number;
  readonly duplicates: number;
  readonly refused: number;
  readonly outOfOrder: number;
  readonly gapUs: number;
  readonly latencyMinUs: number | null;
  readonly latencyP50Us: number | null;
  readonly latencyP99Us: number | null;
  readonly latencyMaxUs: number | null;
  readonly priceOutliers: number;
  readonly sizeOutliers: number;
  readonly outlierIds: readonly string[];
  readonly divergencePpm: number | null;
  readonly expectedTrades: number | null;
  readonly flags: readonly string[];
  readonly source: string;
}

/** A row of ops.quote_quality; what the fields mean stands at QuoteMinute and in docs/data-quality.md. */
export interface QuoteQualityRow {
  readonly venue: string;
  readonly symbol: string;
  readonly rawSymbol: string;
  /** Of the minute, our clock. */
  readonly start: string;
  readonly changes: number;
  readonly quotedUs: number;
  readonly ownCrossedUs: number;
  readonly comparedUs: number;
  readonly lockedUs: number;
  readonly lockedWith: string | null;
  readonly crossedUs: number;
  readonly crossedWith: string | null;
  readonly crossedMaxPpb: number | null;
  readonly spreadMinPpb: number | null;
  readonly spreadMeanPpb: number | null;
  readonly spreadMaxPpb: number | null;
  readonly flags: readonly string[];
  readonly source: string;
}

export interface ListingRow {
  readonly venue: string;
  readonly symbol: string;
  readonly rawSymbol: string;
  readonly unit: string;
}

export interface SqlOptions extends Abortable {
  readonly asOf?: AsOf;
  /** Default 10,000. */
  readonly rowsMax?: number;
}

export interface SqlResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** DuckDB values as JSON-safe values: decimals and 64-bit integers as text. */
  readonly rows: readonly (readonly unknown[])[];
  /** True when `rowsMax` cut the answer; never cut silently. */
  readonly truncated: boolean;
}
