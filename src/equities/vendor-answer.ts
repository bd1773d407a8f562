import type { Decimal, RefusalReason } from "../domain/index.ts";

/** Vendors of equity data whose answers K2 reads. */
export type Vendor = "yahoo" | "alphavantage";

/** What the shares of a figure are. none: of its own day, as traded. splits: of the day when the vendor published it. */
export type Adjustment = "none" | "splits";

/** A candle as one vendor published it. */
export interface VendorBar {
  /** Opening time, microseconds since the Unix epoch; a trading day: its date at 00:00 UTC. */
  readonly startUs: number;
  /** In currency a share. */
  readonly open: Decimal;
  readonly high: Decimal;
  readonly low: Decimal;
  readonly close: Decimal;
  /** In shares. */
  readonly volume: Decimal;
  readonly adjustment: Adjustment;
}

/** So many new shares for so many old ones, from the ex-date on. */
export interface Split {
  readonly kind: "split";
  /** The date at 00:00 UTC. */
  readonly exDateUs: number;
  readonly to: bigint;
  readonly from: bigint;
}

/** Cash for each share that was held before the ex-date. */
export interface Dividend {
  readonly kind: "dividend";
  readonly exDateUs: number;
  readonly amount: Decimal;
  readonly adjustment: Adjustment;
}

export type CorporateAction = Split | Dividend;
export type ActionKind = CorporateAction["kind"];

/** The last price as a vendor quotes it. */
export interface VendorQuote {
  readonly price: Decimal;
  readonly open: Decimal | undefined;
  readonly high: Decimal | undefined;
  readonly low: Decimal | undefined;
  readonly previousClose: Decimal | undefined;
  readonly volume: Decimal | undefined;
  /** Of the last trade; a date at 00:00 UTC where the vendor says no more. */
  readonly timeUs: number;
}

/** One record of an answer that cannot be taken in. The others are. */
export interface RefusedRecord {
  /** Place in the answer, from 0. */
  readonly index: number;
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** What an answer says. */
export interface VendorAnswer {
  readonly vendor: Vendor;
  /** As the answer names it; undefined where only its request or its file does. */
  readonly rawSymbol: string | undefined;
  /** ISO 10383 code of the exchange, where the answer names one that K2 knows. */
  readonly mic: string | undefined;
  readonly currency: string | undefined;
  /** Such as 1d or 1m; of an answer that has a quote only: undefined. */
  readonly interval: string | undefined;
  readonly bars: readonly VendorBar[];
  readonly actions: readonly CorporateAction[];
  readonly quote: VendorQuote | undefined;
  readonly refused: readonly RefusedRecord[];
  /** Places that the vendor left empty, such as a holiday: no candle. */
  readonly emptyBars: number;
  /** The actions of these kinds from one day to another are all here: one that is not does not exist, says the vendor. */
  readonly complete:
    | { readonly kinds: readonly ActionKind[]; readonly fromUs: number; readonly toUs: number }
    | undefined;
  /** The answer cannot have been made before. */
  readonly madeAfterUs: number | undefined;
}

/**
 * What reading a vendor's bytes gives. An error or a notice of a vendor is never data: it says nothing of what is listed
 * or what was traded, and takes nothing back.
 */
export type Reading =
  | { readonly kind: "answer"; readonly answer: VendorAnswer }
  /** Asked too often; the same question later may be answered. */
  | {
      readonly kind: "rate-limited";
      readonly detail: string;
      /** Over what the vendor counts, where it says so. */
      readonly waitMs?: number;
    }
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly detail: string };

export function refused(reason: RefusalReason, detail: string): Reading {
  return { kind: "refused", reason, detail };
}
