/**
 * The tables of K2, defined once: the lake makes its Iceberg schemas from this, the store its DuckDB tables,
 * the API and `k2 tables` their descriptions. Field ids are for ever: a column is added with the next id, never renumbered.
 */
export interface TableDefinition {
  readonly namespace: "bronze" | "silver" | "gold";
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly ColumnDefinition[];
  readonly partition: readonly PartitionDefinition[];
  /** Rows of a file are in this order, ascending, nulls first. */
  readonly sort: readonly string[];
}

export interface ColumnDefinition {
  /** Iceberg field id. */
  readonly id: number;
  readonly name: string;
  readonly type: ColumnType;
  readonly required: boolean;
  readonly doc: string;
}

export type ColumnType = "string" | "int" | "long" | "timestamptz" | "binary" | `decimal(${number},${number})`;

export interface PartitionDefinition {
  readonly column: string;
  readonly transform: "identity" | "day";
}

type ColumnSpec = readonly [name: string, type: ColumnType, doc: string, nullable?: "nullable"];

function columns(...specs: readonly ColumnSpec[]): readonly ColumnDefinition[] {
  return specs.map(([name, type, doc, nullable], index) => ({
    id: index + 1,
    name,
    type,
    required: nullable === undefined,
    doc,
  }));
}

const SYSTEM: readonly ColumnSpec[] = [
  ["source", "string", "live, simulated, replay, backfill or import"],
  ["_topic", "string", "event log topic of the row"],
  ["_partition", "int", "partition in it"],
  ["_offset", "long", "offset in it; with topic and partition, the row's identity in the log"],
];

const LISTING: readonly ColumnSpec[] = [
  ["venue", "string", "market with its own trade ids, such as binance or binance-usdm"],
  ["symbol", "string", "canonical instrument id, such as BTC-USDT-SPOT"],
  ["raw_symbol", "string", "the venue's own symbol"],
];

export const TRADES: TableDefinition = {
  namespace: "silver",
  name: "trades",
  doc: "One execution a row, as one venue reported it, exactly once",
  columns: columns(
    ...LISTING,
    ["trade_id", "string", "the venue's id, unique within venue and raw_symbol"],
    ["price", "decimal(18,8)", "natural price × unit, in quote currency"],
    ["size", "decimal(18,8)", "natural size ÷ unit, in base currency"],
    ["unit", "long", "power of ten, 1 for nearly all listings; see price and size"],
    ["side", "string", "aggressor: buy, sell or unknown"],
    ["ts_event", "timestamptz", "venue clock, microseconds"],
    ["ts_event_nanos", "int", "nanoseconds beyond ts_event, 0 to 999"],
    ["ts_recv", "timestamptz", "our clock when the frame arrived, microseconds"],
    ["ts_recv_nanos", "int", "nanoseconds beyond ts_recv, 0 to 999"],
    ["sequence", "long", "the venue's order within the listing, where it is not the trade id itself", "nullable"],
    ["frame_index", "int", "place within its frame"],
    ["executions", "int", "how many executions the row stands for; 1 unless flagged aggregated"],
    [
      "flags",
      "string",
      "names joined by commas, mostly empty: aggregated, snapshot, nonMarket, syntheticId, block, retailImprovement, contracts",
    ],
    ...SYSTEM,
    ["_raw_partition", "int", "partition of the frame in the feed's raw topic"],
    ["_raw_offset", "long", "offset of the frame in it"],
  ),
  partition: [
    { column: "ts_event", transform: "day" },
    { column: "venue", transform: "identity" },
  ],
  sort: ["symbol", "ts_event", "trade_id"],
};

export const BARS: TableDefinition = {
  namespace: "gold",
  name: "bars",
  doc: "One revision of one closed bar a row; the highest revision of (venue, raw_symbol, interval, start) is the bar",
  columns: columns(
    ...LISTING,
    ["interval", "string", "1s, 1m, 5m, 15m, 30m, 1h, 4h or 1d"],
    ["start", "timestamptz", "opening time; trades with start <= ts_event < start + interval"],
    ["open", "decimal(18,8)", "natural price × unit"],
    ["high", "decimal(18,8)", "natural price × unit"],
    ["low", "decimal(18,8)", "natural price × unit"],
    ["close", "decimal(18,8)", "natural price × unit"],
    ["volume", "decimal(38,8)", "sum of sizes, natural ÷ unit"],
    ["quote_volume", "decimal(38,16)", "sum of price × size, natural"],
    ["buy_volume", "decimal(38,8)", "volume whose aggressor bought"],
    ["sell_volume", "decimal(38,8)", "volume whose aggressor sold"],
    ["trades", "long", "executions"],
    ["unit", "long", "power of ten, 1 for nearly all listings"],
    ["first_ts", "timestamptz", "event time of the first trade"],
    ["first_nanos", "int", "nanoseconds beyond first_ts"],
    ["first_sequence", "long", "venue order of the first trade"],
    ["first_index", "int", "place of the first trade in its frame"],
    ["last_ts", "timestamptz", "event time of the last trade"],
    ["last_nanos", "int", "nanoseconds beyond last_ts"],
    ["last_sequence", "long", "venue order of the last trade"],
    ["last_index", "int", "place of the last trade in its frame"],
    ["revision", "int", "from 0; one more for each row about this bar"],
    ["known_at", "timestamptz", "our clock: receive time of the frame that caused this revision"],
    ["cause", "string", "closed, late or rederived"],
    ...SYSTEM,
  ),
  partition: [
    { column: "start", transform: "day" },
    { column: "venue", transform: "identity" },
  ],
  sort: ["symbol", "interval", "start", "revision"],
};

export const GAPS: TableDefinition = {
  namespace: "silver",
  name: "gaps",
  doc: "Intervals in which a connection's record may be incomplete: one row when it opens, one when it closes",
  columns: columns(
    ["gap_id", "string", "same on the opening and the closing row"],
    ["venue", "string", "market"],
    ["feed", "string", "protocol that was spoken"],
    ["connection", "string", "which of the feed's connections"],
    ["epoch", "long", "the connection's socket that ended"],
    ["raw_symbols", "string", "subscribed symbols, joined by commas"],
    ["cause", "string", "disconnect, stale, error, crash or shutdown"],
    ["state", "string", "open or closed"],
    ["from_ts", "timestamptz", "our clock: the last frame before"],
    ["to_ts", "timestamptz", "our clock: the first frame after", "nullable"],
    ["detail", "string", "what was seen"],
    ["resolution", "string", "what closed it", "nullable"],
    ...SYSTEM,
  ),
  partition: [{ column: "from_ts", transform: "day" }],
  sort: ["venue", "connection", "from_ts"],
};

export const QUARANTINE: TableDefinition = {
  namespace: "silver",
  name: "quarantine",
  doc: "Frames and records that K2 could not take in, with the reason and the bytes",
  columns: columns(
    ["feed", "string", "protocol that was spoken"],
    ["stage", "string", "decode or validate"],
    ["reason", "string", "stable name of the reason, see docs/errors.md"],
    ["detail", "string", "what was seen and what was expected"],
    ["raw_symbol", "string", "the symbol, where it could be read", "nullable"],
    ["frame_index", "int", "place of the record in its frame; null when the whole frame is refused", "nullable"],
    ["ts_recv", "timestamptz", "our clock when the frame arrived"],
    ["payload", "binary", "the frame as received"],
    ["_raw_partition", "int", "partition of the frame in the feed's raw topic"],
    ["_raw_offset", "long", "offset of the frame in it"],
    ...SYSTEM,
  ),
  partition: [{ column: "ts_recv", transform: "day" }],
  sort: ["feed", "ts_recv"],
};

export const FRAMES: TableDefinition = {
  namespace: "bronze",
  name: "frames",
  doc: "Every frame and every change of a connection, byte for byte",
  columns: columns(
    ["feed", "string", "protocol that was spoken"],
    ["connection", "string", "which of the feed's connections"],
    ["epoch", "long", "which socket of the connection"],
    ["kind", "string", "received, sent, opened or closed"],
    ["ts_recv", "timestamptz", "our clock, microseconds"],
    ["ts_recv_nanos", "int", "nanoseconds beyond ts_recv"],
    ["payload", "binary", "the frame's bytes, untouched"],
    ...SYSTEM,
  ),
  partition: [
    { column: "ts_recv", transform: "day" },
    { column: "feed", transform: "identity" },
  ],
  sort: ["_topic", "_partition", "_offset"],
};

/** All tables, in the order of the data's path. */
export const TABLES: readonly TableDefinition[] = [FRAMES, TRADES, GAPS, QUARANTINE, BARS];
