export type { Adjusted, AdjustedBar, AdjustOptions, BarField, PriceBasis } from "./adjust.ts";
export { adjust, adjustedValue, roundedBar } from "./adjust.ts";
export type { Batch } from "./batch.ts";
export { batchOf } from "./batch.ts";
export { VendorRefusedError, VendorUnavailableError } from "./errors.ts";
export type { KnownAction, KnownBar } from "./known.ts";
export { actionsKnownAt, barsKnownAt } from "./known.ts";
export type { QuoteEvent } from "./quote-poller.ts";
export { pollQuotes } from "./quote-poller.ts";
export type { VendorBytes, VendorReading } from "./read-answer.ts";
export { readVendorBytes } from "./read-answer.ts";
export type { NewStatements } from "./statements.ts";
export { ActionHistory, Statements } from "./statements.ts";
export { equitySymbol, rawEquitySymbol } from "./symbols.ts";
export { dayText, tradingDayUs } from "./trading-time.ts";
export type {
  ActionKind,
  Adjustment,
  CorporateAction,
  RefusedRecord,
  Vendor,
  VendorAnswer,
  VendorQuote,
} from "./vendor-answer.ts";
export type { Fetched, VendorRequest } from "./vendor-client.ts";
export { VendorClient } from "./vendor-client.ts";
export type { SeriesQuestion } from "./vendor-requests.ts";
export {
  alphaVantageQuoteRequest,
  alphaVantageRequest,
  yahooChartRequest,
  yahooQuoteRequest,
} from "./vendor-requests.ts";
