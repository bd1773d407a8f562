export { barRowOf } from "./bar-rows.ts";
export { BookNotFoundError, BookNotProvenError } from "./book/book-errors.ts";
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
  QueryEngine,
  RangeRequest,
  Receipt,
  SqlOptions,
  SqlResult,
  TradeRow,
  TradesRequest,
} from "./query.ts";
export { openQueryEngine, type QueryEngineOptions } from "./query-engine.ts";
export { tradeRowOf } from "./trade-rows.ts";
