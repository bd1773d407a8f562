export type { BarRules } from "./bar-rules.ts";
export type { BarTotals } from "./bar-totals.ts";
export { mergeBars, totalsOfTrade } from "./bar-totals.ts";
export type {
  BookRules,
  Books,
  BooksStatus,
  DerivedBooks,
  DurableBooks,
  SnapshotRules,
  WantedSnapshot,
} from "./books/index.ts";
export { BOOKS_GROUP, BOOKS_STATE_TOPIC, deriveBooks, openBooks, SNAPSHOT_RULES } from "./books/index.ts";
export type { OpenBarsFilter } from "./candles.ts";
export { BAR_RULES, FLAGS_WITHOUT_BARS } from "./candles.ts";
export type { FeedCounts, Outcome } from "./counters.ts";
export { OUTCOMES } from "./counters.ts";
export type { Derivation, ListingTotals } from "./derive.ts";
export { derive } from "./derive.ts";
export type { TradePositions } from "./event-entries.ts";
export type { GapDesk, IdsKnown } from "./id-continuity.ts";
export type { ListingDesk } from "./listing-book.ts";
export type { IdRange } from "./missing-ids.ts";
export type { Pipeline, PipelineOptions, RunOptions } from "./pipeline.ts";
export { openPipeline, PIPELINE_GROUP } from "./pipeline.ts";
export type { DurableEvents, PipelineStatus } from "./pipeline-status.ts";
export type {
  BarKey,
  EventSink,
  FeedRules,
  ListedInstrument,
  LogRecords,
  PartitionBounds,
  RawSource,
  ReadOptions,
  RecallBars,
  TopicPosition,
} from "./ports.ts";
export { STATE_TOPIC } from "./state/state-records.ts";
export type { ChecksumRow } from "./trade-checksum.ts";
export { TradeChecksum } from "./trade-checksum.ts";
export type { VenueData, VenueDataOptions, VenueDataRules } from "./venue-data/index.ts";
export { deriveVenueData, openVenueData, VENUE_DATA_GROUP, VENUE_DATA_STATE_TOPIC } from "./venue-data/index.ts";
