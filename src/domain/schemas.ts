/*
 * The event schemas of K2: Apache Avro 1.11, plain data. They are what the schema registry holds and what a record
 * of the event log is written by. Names are those of the tables (tables.ts).
 *
 * A schema is for ever: it changes only as the registry's BACKWARD rule allows (docs/schemas.md),
 * and a change of what the embedded log holds takes the next version byte (event-records.ts).
 */
import { BOOK_CHANGE_SCHEMA, BOOK_SNAPSHOT_SCHEMA, ORDER_SCHEMA, QUOTE_SCHEMA } from "./book-schemas.ts";
import { QUALITY_SCHEMA } from "./quality-schema.ts";
import { QUOTE_QUALITY_SCHEMA } from "./quote-minute-schema.ts";
import {
  type EventSchema,
  field,
  INT64,
  LISTING_INDEX,
  NOTIONAL,
  nullable,
  PRICE,
  SOURCE,
  symbols,
  TIME,
  VOLUME,
} from "./schema-fields.ts";
import { VENUE_DATA_TABLES } from "./venue-data/venue-data-schemas.ts";

export const TRADE_SCHEMA: EventSchema = {
  type: "record",
  name: "Trade",
  namespace: "k2.market",
  doc: "One execution, as one venue reported it",
  fields: [
    field("venue", "string", "market with its own trade ids, such as binance or binance-usdm"),
    field("symbol", "string", "canonical instrument id, such as BTC-USDT-SPOT"),
    field("raw_symbol", "string", "the venue's own symbol"),
    field("trade_id", "string", "the venue's id, unique within venue and raw_symbol"),
    field("price", PRICE, "natural price × unit, in quote currency"),
    field("size", PRICE, "natural size ÷ unit, in base currency"),
    field("unit", "long", "power of ten, 1 for nearly all listings; see price and size"),
    field("side", symbols("Side", ["unknown", "buy", "sell"], "unknown"), "aggressor: who crossed the spread"),
    field("ts_event", TIME, "venue clock"),
    field("ts_event_nanos", "int", "nanoseconds beyond ts_event, 0 to 999"),
    field("ts_recv", TIME, "our clock when the frame arrived"),
    field("ts_recv_nanos", "int", "nanoseconds beyond ts_recv, 0 to 999"),
    field("sequence", INT64, "the venue's order within the listing; 0 where it gives none"),
    field("frame_index", "int", "place within its frame, from 0"),
    field("executions", "long", "how many executions the row stands for; 1 unless flagged aggregated"),
    field(
      "flags",
      { type: "array", items: "string" },
      "aggregated, snapshot, nonMarket, syntheticId, block, retailImprovement, contracts, inexact",
    ),
    SOURCE,
    field("_raw_partition", "int", "partition of the frame in the feed's raw topic"),
    field("_raw_offset", "long", "offset of the frame in it"),
  ],
};

export const BAR_SCHEMA: EventSchema = {
  type: "record",
  name: "Bar",
  namespace: "k2.market",
  doc: "One revision of one closed bar; the highest revision of (listing, interval, start) is the bar",
  fields: [
    LISTING_INDEX,
    field("interval", "string", "1s, 1m, 5m, 15m, 30m, 1h, 4h or 1d"),
    field("start", TIME, "opening time; trades with start <= ts_event < start + interval"),
    field("open", PRICE, "natural price × unit"),
    field("high", PRICE, "natural price × unit"),
    field("low", PRICE, "natural price × unit"),
    field("close", PRICE, "natural price × unit"),
    field("volume", VOLUME, "sum of sizes, natural ÷ unit"),
    field("quote_volume", NOTIONAL, "sum of price × size, natural"),
    field("buy_volume", VOLUME, "volume whose aggressor bought"),
    field("sell_volume", VOLUME, "volume whose aggressor sold"),
    field("trades", "long", "executions"),
    field("first_ts", TIME, "event time of the first trade"),
    field("first_nanos", "int", "nanoseconds beyond first_ts"),
    field("first_sequence", INT64, "venue order of the first trade"),
    field("first_index", "int", "place of the first trade in its frame"),
    field("last_ts", TIME, "event time of the last trade"),
    field("last_nanos", "int", "nanoseconds beyond last_ts"),
    field("last_sequence", INT64, "venue order of the last trade"),
    field("last_index", "int", "place of the last trade in its frame"),
    field("revision", "int", "from 0; one more for each row about this bar"),
    field("known_at", TIME, "our clock: receive time of the frame that caused this revision"),
    field("cause", "string", "closed, late or rederived"),
    SOURCE,
  ],
};

export const GAP_SCHEMA: EventSchema = {
  type: "record",
  name: "Gap",
  namespace: "k2.market",
  doc: "An interval in which the record may be incomplete: one event when it opens, one when it closes, one when it was healed after that",
  fields: [
    field("gap_id", "string", "same on all events of a gap"),
    field("venue", "string", "market"),
    field("feed", "string", "protocol that was spoken"),
    field("connection", "string", "which of the feed's connections"),
    field("epoch", "long", "the connection's socket that ended"),
    field("raw_symbols", { type: "array", items: "string" }, "subscribed symbols"),
    field("cause", "string", "disconnect, stale, error, crash, shutdown or missed (trade ids)"),
    field("state", "string", "open or closed"),
    field("from_ts", TIME, "our clock: the last frame before"),
    nullable("to_ts", TIME, "our clock: the first frame after; null while open"),
    field("detail", "string", "what was seen"),
    nullable("resolution", "string", "what closed it"),
    SOURCE,
  ],
};

export const REFUSAL_SCHEMA: EventSchema = {
  type: "record",
  name: "Refusal",
  namespace: "k2.market",
  doc: "A frame, or one record within a frame, that K2 could not take in, with the reason and the bytes",
  fields: [
    field("stage", "string", "decode or validate, of trades; book, of books and quotes; venue-data, of the rest"),
    field("reason", "string", "stable name of the reason, see docs/errors.md"),
    field("detail", "string", "what was seen and what was expected"),
    field("feed", "string", "protocol that was spoken"),
    nullable("raw_symbol", "string", "the symbol, where it could be read"),
    nullable("frame_index", "int", "place of the record in its frame; null when the whole frame is refused"),
    field("_raw_partition", "int", "partition of the frame in the feed's raw topic"),
    field("_raw_offset", "long", "offset of the frame in it"),
    field("ts_recv", TIME, "our clock when the frame arrived"),
    field("payload", "bytes", "the frame as received"),
    SOURCE,
  ],
};

export const LISTING_SCHEMA: EventSchema = {
  type: "record",
  name: "Listing",
  namespace: "k2.market",
  doc: "An instrument at a venue, as the other events number it",
  fields: [
    field("index", "int", "its number, equal to its offset in the topic market.listings"),
    field("venue", "string", "market with its own trade ids"),
    field("raw_symbol", "string", "the venue's own symbol"),
    field("symbol", "string", "canonical instrument id"),
    field("unit_exponent", "int", "unit = 10^unit_exponent, fixed when the listing is first seen"),
  ],
};

/** Each event topic with the schema of its values, in the order in which they are registered. */
export const EVENT_SCHEMAS: readonly { readonly topic: string; readonly schema: EventSchema }[] = [
  { topic: "market.listings", schema: LISTING_SCHEMA },
  { topic: "market.trades", schema: TRADE_SCHEMA },
  { topic: "market.bars", schema: BAR_SCHEMA },
  { topic: "market.quotes", schema: QUOTE_SCHEMA },
  { topic: "market.book-changes", schema: BOOK_CHANGE_SCHEMA },
  { topic: "market.book-snapshots", schema: BOOK_SNAPSHOT_SCHEMA },
  { topic: "market.orders", schema: ORDER_SCHEMA },
  ...Object.values(VENUE_DATA_TABLES).map(({ topic, schema }) => ({ topic, schema })),
  { topic: "market.gaps", schema: GAP_SCHEMA },
  { topic: "market.quarantine", schema: REFUSAL_SCHEMA },
  { topic: "market.quality", schema: QUALITY_SCHEMA },
  { topic: "market.quote-quality", schema: QUOTE_QUALITY_SCHEMA },
];
