export type { Bar, BarCause, BarInterval, TradeOrder } from "./bar.ts";
export { BAR_INTERVAL_US, BAR_INTERVALS, barStartUs, compareTradeOrder } from "./bar.ts";
export { BOOK_FLAGS, type BookFlag, NO_SIDE, QUOTE_FLAGS, type QuoteFlag } from "./book/book-flags.ts";
export { ASK, BID, BookLevels } from "./book/book-levels.ts";
export type {
  BookChannel,
  BookChecksum,
  BookContext,
  BookMessage,
  BookOutcome,
  BookReader,
  BookVerdict,
  OrderMessage,
  RecordedTime,
  SnapshotRequest,
} from "./book/book-reader.ts";
export {
  appendBookRecords,
  BOOK_LEVELS_A_RECORD_MAX,
  type BookRecord,
  decodeBookRecords,
  listingOfBookRecord,
} from "./book/book-record.ts";
export { BookRows } from "./book/book-rows.ts";
export { BookSide } from "./book/book-side.ts";
export type { LiveBook, LiveBooks, LiveGap } from "./book/live-book.ts";
export { OrderBook } from "./book/order-book.ts";
export { appendQuoteRecord, decodeQuotes, type Quote } from "./book/quote-record.ts";
export { QuoteRows } from "./book/quote-rows.ts";
export type { L3BookOptions, PriorityRule } from "./book-l3/l3-book.ts";
export {
  L3_APPLIED,
  L3_DOUBTFUL,
  L3_LATE,
  L3_NO_EFFECT,
  L3_REFUSED,
  L3_UNKNOWN,
  L3Book,
} from "./book-l3/l3-book.ts";
export type { L3Doubt } from "./book-l3/l3-doubts.ts";
export { L3_DOUBTS, L3Doubts } from "./book-l3/l3-doubts.ts";
export type { RestingOrder } from "./book-l3/l3-levels.ts";
export { L3Levels } from "./book-l3/l3-levels.ts";
export type { OrderEvent } from "./book-l3/order-events.ts";
export {
  ORDER_ACTIONS,
  ORDER_ADD,
  ORDER_CLEAR,
  ORDER_EXECUTE,
  ORDER_FILL,
  ORDER_FLAGS,
  ORDER_MODIFY,
  ORDER_NONE,
  ORDER_REDUCE,
  ORDER_REMOVE,
  ORDER_SIDE_NONE,
  ORDER_STATUS,
  ORDER_TRADE,
  OrderEvents,
} from "./book-l3/order-events.ts";
export { appendOrderRecord, decodeOrders, type OrderOrigin } from "./book-l3/order-record.ts";
export { OrderRows } from "./book-l3/order-rows.ts";
export { BOOK_CHANGES, BOOK_SNAPSHOTS, ORDERS, QUOTES } from "./book-tables.ts";
export type { Decimal } from "./decimal.ts";
export { compareDecimals, formatDecimal, formatShortest, parseDecimal, rescaled } from "./decimal.ts";
export type { DecodeContext, DecodedListing, FrameDecoder, FrameOutcome, NamedListing } from "./decoder.ts";
export {
  decodeBars,
  decodeGaps,
  decodeListings,
  decodeRefusals,
  encodeBars,
  encodeGaps,
  encodeListings,
  encodeRefusals,
} from "./event-records.ts";
export type { FetchedAnswer } from "./fetched-answer.ts";
export { fetchedPayload, readFetched } from "./fetched-answer.ts";
export type { ConnectionClosed, ConnectionOpened, Frame, FrameKind } from "./frame.ts";
export { appendFrameRecord, FRAME_KINDS, FrameRecord } from "./frame.ts";
export type { Gap, GapCause, GapConcluded, GapResolution } from "./gap.ts";
export type {
  EquityInstrument,
  FutureInstrument,
  Instrument,
  OptionInstrument,
  PerpetualInstrument,
  SpotInstrument,
} from "./instrument.ts";
export { formatInstrument, parseInstrument } from "./instrument.ts";
export { Int64Column } from "./int64-column.ts";
export type { Listing } from "./listing.ts";
export { Listings } from "./listing.ts";
export { type LatencySummary, QUALITY_FLAGS, type QualityFlag, type QualityMinute } from "./quality-minute.ts";
export { decodeQuality, encodeQuality } from "./quality-records.ts";
export { QUALITY, QUALITY_SCHEMA } from "./quality-schema.ts";
export {
  type MetVenue,
  QUOTE_MINUTE_FLAGS,
  type QuoteMinute,
  type QuoteMinuteFlag,
  type SpreadSummary,
} from "./quote-minute.ts";
export { decodeQuoteMinutes, encodeQuoteMinutes } from "./quote-minute-records.ts";
export { QUOTE_QUALITY, QUOTE_QUALITY_SCHEMA } from "./quote-minute-schema.ts";
export type { Refusal, RefusalReason, RefusalStage } from "./refusal.ts";
export type { AvroDefinition, AvroField, AvroSchema, EventSchema } from "./schema-fields.ts";
export {
  BAR_SCHEMA,
  EVENT_SCHEMAS,
  GAP_SCHEMA,
  LISTING_SCHEMA,
  REFUSAL_SCHEMA,
  TRADE_SCHEMA,
} from "./schemas.ts";
export type { ColumnDefinition, ColumnType, PartitionDefinition, TableDefinition } from "./table-definition.ts";
export { BARS, CANDLES, CORPORATE_ACTIONS, FRAMES, GAPS, QUARANTINE, TABLES, TICKERS, TRADES } from "./tables.ts";
export type { Instant } from "./time.ts";
export { formatInstant, parseInstant } from "./time.ts";
export type { EventTopic } from "./topics.ts";
export {
  BOOKS_PARTITION,
  feedOfTopic,
  rawTopic,
  TOPICS,
  TRADES_PARTITION,
  VENUE_DATA_PARTITION,
} from "./topics.ts";
export type { Source, TakerSide, Trade, TradeFlag } from "./trade.ts";
export { SIDE_BUY, SIDE_SELL, SIDE_UNKNOWN, SOURCES, TAKER_SIDES, TRADE_FLAGS, tradeFlagNames } from "./trade.ts";
export { decodeTradeAvro, encodeTradeAvro } from "./trade-avro.ts";
export { NO_ID_NUMBER, TradeBatch } from "./trade-batch.ts";
export { appendTradeRecord, decodeTrades, encodeTrades } from "./trade-record.ts";
export {
  chooseUnitExponent,
  naturalPrice,
  naturalSize,
  STORED_MANTISSA_LIMIT,
  STORED_SCALE,
  storedPrice,
  storedSize,
  UNIT_EXPONENTS,
} from "./unit.ts";
export type { Cell, VenueDataRow } from "./venue-data/venue-data-events.ts";
export { decodeVenueData, encodeVenueData } from "./venue-data/venue-data-events.ts";
export type {
  FrameMarks,
  VenueDataChannel,
  VenueDataContext,
  VenueDataOutcome,
  VenueDataReader,
} from "./venue-data/venue-data-reader.ts";
export type {
  CandleRecord,
  FundingRecord,
  InstrumentState,
  LiquidationRecord,
  NumberText,
  StatusRecord,
  TickerRecord,
  VenueDataKind,
} from "./venue-data/venue-data-records.ts";
export { INSTRUMENT_STATES, VENUE_DATA_KINDS } from "./venue-data/venue-data-records.ts";
export type { VenueDataTable } from "./venue-data/venue-data-schemas.ts";
export { VENUE_DATA_TABLES, venueDataColumns } from "./venue-data/venue-data-schemas.ts";
export { FUNDING, LIQUIDATIONS, STATUS } from "./venue-data/venue-data-tables.ts";
