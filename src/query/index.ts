export { barRowOf } from "./bar-rows.ts";
export { levelRows, positionText } from "./book/book-answer.ts";
export { BookNotFoundError, BookNotProvenError } from "./book/book-errors.ts";
export { bestLevels } from "./book/book-now.ts";
export type { BookAnswer, BookLevelRow, BookProof, BookRequest } from "./book/book-request.ts";
export { describeTables, type TableDescription } from "./describe-tables.ts";
export { StoreBehindLakeError } from "./errors.ts";
export type { LakeSnapshot, LakeSource, LakeSourceOptions, SourceFilter } from "./lake-source.ts";
export { lakeSource } from "./lake-source.ts";
export type {
  AsOf,
  BarRow,
  BarsRequest,
  ListingRow,
  Page,
  QualityRow,
  QueryEngine,
  QuoteQualityRow,
  RangeRequest,
  Receipt,
  SqlOptions,
  SqlResult,
  TradeRow,
  TradesRequest,
  VenueDataAnswerRow,
  VenueDataRequest,
} from "./query.ts";
export { openQueryEngine, type QueryEngineOptions } from "./query-engine.ts";
export { tradeRowOf } from "./trade-rows.ts";
export { VENUE_DATA_FIELDS, type VenueDataField } from "./venue-data/venue-data-fields.ts";
