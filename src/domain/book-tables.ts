import { type ColumnSpec, columns, LISTING, SYSTEM, type TableDefinition } from "./table-definition.ts";

/*
 * Books lie by our clock: a venue's messages need not have a time, and only the order of receipt is total.
 */

const TIMES: readonly ColumnSpec[] = [
  ["ts_event", "timestamptz", "venue clock, microseconds; null where the message has no time", "nullable"],
  ["ts_event_nanos", "int", "nanoseconds beyond ts_event, 0 to 999"],
  ["ts_recv", "timestamptz", "our clock when the frame arrived, microseconds"],
  ["ts_recv_nanos", "int", "nanoseconds beyond ts_recv, 0 to 999"],
  ["sequence", "long", "the venue's number of the message; null where it has none", "nullable"],
];

const ORIGIN: readonly ColumnSpec[] = [
  ["connection", "string", "which of the feed's connections"],
  ["epoch", "long", "which socket of the connection"],
  ["frame_index", "int", "place of the message within its frame"],
];

const RAW_POSITION: readonly ColumnSpec[] = [
  ["_raw_partition", "int", "partition of the frame in the feed's raw topic"],
  ["_raw_offset", "long", "offset of the frame in it"],
];

const UNIT: ColumnSpec = ["unit", "long", "power of ten, 1 for nearly all listings; see price and size"];

const PARTITION: TableDefinition["partition"] = [
  { column: "ts_recv", transform: "day" },
  { column: "venue", transform: "identity" },
];

export const QUOTES: TableDefinition = {
  namespace: "silver",
  name: "quotes",
  doc: "One change of the best bid or ask a row, as the venue's quote channel said it or a proven book showed it",
  columns: columns(
    ...LISTING,
    ["bid_price", "decimal(18,8)", "natural price × unit; null where nobody bids", "nullable"],
    ["bid_size", "decimal(18,8)", "natural size ÷ unit; null where nobody bids", "nullable"],
    ["ask_price", "decimal(18,8)", "natural price × unit; null where nobody asks", "nullable"],
    ["ask_size", "decimal(18,8)", "natural size ÷ unit; null where nobody asks", "nullable"],
    UNIT,
    ...TIMES,
    ["flags", "string", "names joined by commas, mostly empty: derived (from a proven book), locked, crossed"],
    ...ORIGIN,
    ...SYSTEM,
    ...RAW_POSITION,
  ),
  partition: PARTITION,
  sort: ["symbol", "ts_recv", "_offset"],
};

export const BOOK_CHANGES: TableDefinition = {
  namespace: "silver",
  name: "book_changes",
  doc: "One changed price level a row, as the venue's book channel said it; a snapshot's levels replace the whole book",
  columns: columns(
    ...LISTING,
    ["side", "string", "bid or ask"],
    ["price", "decimal(18,8)", "natural price × unit"],
    ["size", "decimal(18,8)", "what rests there now, natural size ÷ unit; 0 where nothing does"],
    UNIT,
    ["action", "string", "snapshot, set or delete"],
    ...TIMES,
    [
      "flags",
      "string",
      "names joined by commas: snapshot, last (of its message), maybeBad (the book was not proven: see silver.gaps)",
    ],
    [
      "depth",
      "int",
      "levels a side that the subscription keeps, worse ones go unsaid; null: the whole book",
      "nullable",
    ],
    ["level_index", "int", "place within its message"],
    ...ORIGIN,
    ...SYSTEM,
    ...RAW_POSITION,
  ),
  partition: PARTITION,
  sort: ["symbol", "ts_recv", "_offset", "level_index"],
};

export const ORDERS: TableDefinition = {
  namespace: "silver",
  name: "orders",
  doc: "One event of one order a row, of imported files that tell orders one by one (L3)",
  columns: columns(
    ...LISTING,
    ["order_id", "string", "the venue's number of the order, 64 bits without a sign; 0 where it has none"],
    [
      "action",
      "string",
      "add, modify, reduce, remove, execute, clear, trade, fill, status or none: see docs/order-books-l3.md",
    ],
    ["side", "string", "bid or ask, of the resting order; null where the source names none", "nullable"],
    ["price", "decimal(18,8)", "natural price × unit; null where the event has none", "nullable"],
    [
      "size",
      "decimal(18,8)",
      "natural size ÷ unit; of reduce and execute what goes; null where there is none",
      "nullable",
    ],
    UNIT,
    ...TIMES,
    [
      "flags",
      "string",
      "names joined by commas: last (of the venue's event), snapshot, badReceiveTime, maybeBadBook, topOfBook, aggregated",
    ],
    ...ORIGIN,
    ...SYSTEM,
    ...RAW_POSITION,
  ),
  partition: PARTITION,
  sort: ["symbol", "ts_recv", "_offset"],
};

export const BOOK_SNAPSHOTS: TableDefinition = {
  namespace: "silver",
  name: "book_snapshots",
  doc: "One price level of a whole book a row, at each replacement and every so often, with the book's proof",
  columns: columns(
    ...LISTING,
    ["side", "string", "bid or ask; null in the one row of a book without levels", "nullable"],
    ["level", "int", "0 is the best of its side"],
    ["price", "decimal(18,8)", "natural price × unit", "nullable"],
    ["size", "decimal(18,8)", "natural size ÷ unit", "nullable"],
    UNIT,
    ...TIMES,
    ["cause", "string", "replace (the venue sent the whole book) or periodic"],
    ["continuity", "string", "proven, or unproven: messages were missing or the proof failed, see silver.gaps"],
    ["checksum", "string", "of the message before: ok, failed, or none where the venue sends none"],
    ["spread", "string", "open, locked (best bid = best ask), crossed, or one-sided"],
    ["depth", "int", "levels a side that the subscription keeps; null: the whole book", "nullable"],
    ["bid_levels", "int", "bids of the book, more than rows where the snapshot was cut"],
    ["ask_levels", "int", "asks of the book, more than rows where the snapshot was cut"],
    ["level_index", "int", "place within the snapshot"],
    ...ORIGIN,
    ...SYSTEM,
    ...RAW_POSITION,
  ),
  partition: PARTITION,
  sort: ["symbol", "ts_recv", "_offset", "level_index"],
};
