import {
  BAR_INTERVALS,
  BARS,
  type ColumnDefinition,
  GAPS,
  QUARANTINE,
  SOURCES,
  TAKER_SIDES,
  TOPICS,
  TRADES,
} from "../../domain/index.ts";
import { BOOK_CHANGES_LAYOUT, BOOK_SNAPSHOTS_LAYOUT, QUOTES_LAYOUT } from "./book-layouts.ts";
import { flagsExpression } from "./flags-expression.ts";
import { enumType, type Layout, LISTING_TEXT, POSITION, RAW_POSITION, system } from "./layout-parts.ts";
import { ORDERS_LAYOUT } from "./order-layout.ts";
import { QUALITY_LAYOUT } from "./quality-layout.ts";
import { QUOTE_QUALITY_LAYOUT } from "./quote-quality-layout.ts";
import { VENUE_DATA_LAYOUTS } from "./venue-data-layouts.ts";

export type { Layout } from "./layout-parts.ts";

/** The DuckDB database (attached in memory) that holds segments and listings. */
export const HOT = "hot";

/** Of these the byte in a batch is the number in the column. */
const SOURCE_TYPE = enumType(SOURCES);
const SIDE_TYPE = enumType(TAKER_SIDES);
const INTERVAL_TYPE = enumType(BAR_INTERVALS);

export const TRADES_LAYOUT: Layout = {
  topic: TOPICS.trades,
  definition: TRADES,
  prefix: "trades",
  columns: [
    ["listing", "UINTEGER NOT NULL"],
    ["price", "DECIMAL(18,8) NOT NULL"],
    ["size", "DECIMAL(18,8) NOT NULL"],
    ["side", `${SIDE_TYPE} NOT NULL`],
    ["ts_event", "TIMESTAMPTZ NOT NULL"],
    ["ts_event_nanos", "USMALLINT NOT NULL"],
    ["ts_recv", "TIMESTAMPTZ NOT NULL"],
    ["ts_recv_nanos", "USMALLINT NOT NULL"],
    ["id_number", "BIGINT NOT NULL"],
    ["id_text", "VARCHAR"],
    ["sequence", "BIGINT NOT NULL"],
    ["frame_index", "USMALLINT NOT NULL"],
    ["executions", "UINTEGER NOT NULL"],
    ["flags", "USMALLINT NOT NULL"],
    ["source", `${SOURCE_TYPE} NOT NULL`],
    ...POSITION,
    ["raw_partition", "USMALLINT NOT NULL"],
    ["raw_offset", "BIGINT NOT NULL"],
  ],
  hasListing: true,
  time: "ts_event",
  sealedOrder: "listing, ts_event",
  expressions: {
    ...LISTING_TEXT,
    trade_id: "coalesce(r.id_text, r.id_number::VARCHAR)",
    side: "r.side::VARCHAR",
    ts_event_nanos: "r.ts_event_nanos::INTEGER",
    ts_recv_nanos: "r.ts_recv_nanos::INTEGER",
    sequence: "CASE WHEN r.id_text IS NULL AND r.sequence = r.id_number THEN NULL ELSE r.sequence END",
    frame_index: "r.frame_index::INTEGER",
    executions: "r.executions::INTEGER",
    flags: flagsExpression("r.flags"),
    ...RAW_POSITION,
    ...system(TOPICS.trades),
  },
};

export const BARS_LAYOUT: Layout = {
  topic: TOPICS.bars,
  definition: BARS,
  prefix: "bars",
  columns: [
    ["listing", "UINTEGER NOT NULL"],
    ["interval", `${INTERVAL_TYPE} NOT NULL`],
    ["start", "TIMESTAMPTZ NOT NULL"],
    ["open", "DECIMAL(18,8) NOT NULL"],
    ["high", "DECIMAL(18,8) NOT NULL"],
    ["low", "DECIMAL(18,8) NOT NULL"],
    ["close", "DECIMAL(18,8) NOT NULL"],
    ["volume", "DECIMAL(38,8) NOT NULL"],
    ["quote_volume", "DECIMAL(38,16) NOT NULL"],
    ["buy_volume", "DECIMAL(38,8) NOT NULL"],
    ["sell_volume", "DECIMAL(38,8) NOT NULL"],
    ["trades", "BIGINT NOT NULL"],
    ["first_ts", "TIMESTAMPTZ NOT NULL"],
    ["first_nanos", "INTEGER NOT NULL"],
    ["first_sequence", "BIGINT NOT NULL"],
    ["first_index", "INTEGER NOT NULL"],
    ["last_ts", "TIMESTAMPTZ NOT NULL"],
    ["last_nanos", "INTEGER NOT NULL"],
    ["last_sequence", "BIGINT NOT NULL"],
    ["last_index", "INTEGER NOT NULL"],
    ["revision", "INTEGER NOT NULL"],
    ["known_at", "TIMESTAMPTZ NOT NULL"],
    ["cause", "VARCHAR NOT NULL"],
    ["source", `${SOURCE_TYPE} NOT NULL`],
    ...POSITION,
  ],
  hasListing: true,
  time: "start",
  sealedOrder: 'listing, "interval", "start"',
  expressions: { ...LISTING_TEXT, interval: 'r."interval"::VARCHAR', ...system(TOPICS.bars) },
};

export const GAPS_LAYOUT: Layout = {
  topic: TOPICS.gaps,
  definition: GAPS,
  prefix: "gaps",
  columns: [
    ["gap_id", "VARCHAR NOT NULL"],
    ["venue", "VARCHAR NOT NULL"],
    ["feed", "VARCHAR NOT NULL"],
    ["connection", "VARCHAR NOT NULL"],
    ["epoch", "BIGINT NOT NULL"],
    ["raw_symbols", "VARCHAR NOT NULL"],
    ["cause", "VARCHAR NOT NULL"],
    ["state", "VARCHAR NOT NULL"],
    ["from_ts", "TIMESTAMPTZ NOT NULL"],
    ["to_ts", "TIMESTAMPTZ"],
    ["detail", "VARCHAR NOT NULL"],
    ["resolution", "VARCHAR"],
    ["source", `${SOURCE_TYPE} NOT NULL`],
    ...POSITION,
  ],
  hasListing: false,
  time: "from_ts",
  sealedOrder: "from_ts",
  expressions: system(TOPICS.gaps),
};

export const QUARANTINE_LAYOUT: Layout = {
  topic: TOPICS.quarantine,
  definition: QUARANTINE,
  prefix: "quarantine",
  columns: [
    ["feed", "VARCHAR NOT NULL"],
    ["stage", "VARCHAR NOT NULL"],
    ["reason", "VARCHAR NOT NULL"],
    ["detail", "VARCHAR NOT NULL"],
    ["raw_symbol", "VARCHAR"],
    ["frame_index", "INTEGER"],
    ["ts_recv", "TIMESTAMPTZ NOT NULL"],
    ["payload", "BLOB NOT NULL"],
    ["raw_partition", "INTEGER NOT NULL"],
    ["raw_offset", "BIGINT NOT NULL"],
    ["source", `${SOURCE_TYPE} NOT NULL`],
    ...POSITION,
  ],
  hasListing: false,
  time: "ts_recv",
  sealedOrder: "ts_recv",
  expressions: { ...RAW_POSITION, ...system(TOPICS.quarantine) },
};

export const LAYOUTS: readonly Layout[] = [
  TRADES_LAYOUT,
  QUOTES_LAYOUT,
  BOOK_CHANGES_LAYOUT,
  BOOK_SNAPSHOTS_LAYOUT,
  ORDERS_LAYOUT,
  BARS_LAYOUT,
  GAPS_LAYOUT,
  QUARANTINE_LAYOUT,
  QUALITY_LAYOUT,
  QUOTE_QUALITY_LAYOUT,
  ...VENUE_DATA_LAYOUTS,
];

export const LISTINGS_TABLE: string = `CREATE TABLE ${HOT}.listings (
  listing UINTEGER NOT NULL, venue VARCHAR NOT NULL, symbol VARCHAR NOT NULL, raw_symbol VARCHAR NOT NULL, unit BIGINT NOT NULL)`;

/** DDL of one segment. */
export function createSegment(layout: Layout, segment: string): string {
  return `CREATE TABLE ${HOT}.${segment} (${layout.columns.map(([name, type]) => `"${name}" ${type}`).join(", ")})`;
}

/** What a column of the definition is in terms of the stored row `r` and its listing `l`. */
export function columnExpression(layout: Layout, { name }: ColumnDefinition): string {
  return `${layout.expressions[name] ?? `r."${name}"`} AS "${name}"`;
}
