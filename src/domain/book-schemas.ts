import {
  type AvroDefinition,
  type AvroField,
  type EventSchema,
  field,
  INT64,
  LISTING_INDEX,
  nullable,
  PRICE,
  SOURCE,
  TIME,
} from "./schema-fields.ts";

const TIMES: readonly AvroField[] = [
  nullable("ts_event", TIME, "venue clock; null where the message has no time"),
  field("ts_event_nanos", "int", "nanoseconds beyond ts_event, 0 to 999"),
  field("ts_recv", TIME, "our clock when the frame arrived"),
  field("ts_recv_nanos", "int", "nanoseconds beyond ts_recv, 0 to 999"),
  nullable("sequence", INT64, "the venue's number of the message; null where it has none"),
];

const ORIGIN: readonly AvroField[] = [
  field("connection", "string", "which of the feed's connections"),
  field("epoch", "long", "which socket of the connection"),
  field("frame_index", "int", "place of the message within its frame"),
  SOURCE,
  field("_raw_partition", "int", "partition of the frame in the feed's raw topic"),
  field("_raw_offset", "long", "offset of the frame in it"),
];

const LEVELS: AvroDefinition = {
  type: "array",
  items: {
    type: "record",
    name: "BookLevel",
    fields: [
      field("side", "string", "bid or ask"),
      field("price", PRICE, "natural price × unit"),
      field("size", PRICE, "natural size ÷ unit; 0 where nothing rests there any more"),
    ],
  },
};

const DEPTH: AvroField = nullable("depth", "int", "levels a side that the subscription keeps; null: the whole book");

export const QUOTE_SCHEMA: EventSchema = {
  type: "record",
  name: "Quote",
  namespace: "k2.market",
  doc: "One change of the best bid or ask",
  fields: [
    LISTING_INDEX,
    nullable("bid_price", PRICE, "natural price × unit; null where nobody bids"),
    nullable("bid_size", PRICE, "natural size ÷ unit; null where nobody bids"),
    nullable("ask_price", PRICE, "natural price × unit; null where nobody asks"),
    nullable("ask_size", PRICE, "natural size ÷ unit; null where nobody asks"),
    ...TIMES,
    field("flags", { type: "array", items: "string" }, "derived, locked, crossed"),
    ...ORIGIN,
  ],
};

export const ORDER_SCHEMA: EventSchema = {
  type: "record",
  name: "Order",
  namespace: "k2.market",
  doc: "One event of one order",
  fields: [
    LISTING_INDEX,
    field("order_id", "string", "the venue's number of the order; 0 where it has none"),
    field("action", "string", "add, modify, reduce, remove, execute, clear, trade, fill, status or none"),
    nullable("side", "string", "bid or ask, of the resting order; null where the source names none"),
    nullable("price", PRICE, "natural price × unit; null where the event has none"),
    nullable("size", PRICE, "natural size ÷ unit; null where there is none"),
    ...TIMES,
    field(
      "flags",
      { type: "array", items: "string" },
      "last, snapshot, badReceiveTime, maybeBadBook, topOfBook, aggregated",
    ),
    ...ORIGIN,
  ],
};

export const BOOK_CHANGE_SCHEMA: EventSchema = {
  type: "record",
  name: "BookChange",
  namespace: "k2.market",
  doc: "One message of a book channel, or a part of a long one: levels that changed, or all of them",
  fields: [
    LISTING_INDEX,
    ...TIMES,
    field("flags", { type: "array", items: "string" }, "snapshot, last (part of its message), maybeBad"),
    DEPTH,
    field("first_level", "int", "place of the first level within the message"),
    field("levels", LEVELS, "what rests at each price now"),
    ...ORIGIN,
  ],
};

export const BOOK_SNAPSHOT_SCHEMA: EventSchema = {
  type: "record",
  name: "BookSnapshot",
  namespace: "k2.market",
  doc: "A whole book, or a part of a long one, with its proof",
  fields: [
    LISTING_INDEX,
    ...TIMES,
    field("cause", "string", "replace or periodic"),
    field("continuity", "string", "proven or unproven"),
    field("checksum", "string", "ok, failed or none"),
    field("spread", "string", "open, locked, crossed or one-sided"),
    DEPTH,
    field("bid_levels", "int", "bids of the book"),
    field("ask_levels", "int", "asks of the book"),
    field("first_level", "int", "place of the first level within the snapshot"),
    field("levels", LEVELS, "bids from the highest, then asks from the lowest"),
    ...ORIGIN,
  ],
};
