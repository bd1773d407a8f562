export type { Bar, BarCause, BarInterval, TradeOrder } from "./bar.ts";
export { BAR_INTERVAL_US, BAR_INTERVALS, barStartUs, compareTradeOrder } from "./bar.ts";
export { ASK, BID, BookLevels } from "./book/book-levels.ts";
export { BookSide } from "./book/book-side.ts";
export { OrderBook } from "./book/order-book.ts";
export type { Decimal } from "./decimal.ts";
export { compareDecimals, formatDecimal, formatShortest, parseDecimal, rescaled } from "./decimal.ts";
export type { DecodeContext, DecodedListing, FrameDecoder, FrameOutcome } from "./decoder.ts";
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
export type { ConnectionClosed, ConnectionOpened, Frame, FrameKind } from "./frame.ts";
export { appendFrameRecord, FRAME_KINDS, FrameRecord } from "./frame.ts";
export type { Gap } from "./gap.ts";
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
export type { Refusal, RefusalReason, RefusalStage } from "./refusal.ts";
export type { AvroDefinition, AvroField, AvroSchema, EventSchema } from "./schemas.ts";
export {
  BAR_SCHEMA,
  EVENT_SCHEMAS,
  GAP_SCHEMA,
  LISTING_SCHEMA,
  REFUSAL_SCHEMA,
  TRADE_SCHEMA,
} from "./schemas.ts";
export type { ColumnDefinition, ColumnType, PartitionDefinition, TableDefinition } from "./tables.ts";
export { BARS, FRAMES, GAPS, QUARANTINE, TABLES, TRADES } from "./tables.ts";
export type { Instant } from "./time.ts";
export { formatInstant, parseInstant } from "./time.ts";
export type { EventTopic } from "./topics.ts";
export { feedOfTopic, rawTopic, TOPICS } from "./topics.ts";
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
