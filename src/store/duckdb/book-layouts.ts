import { BOOK_CHANGES, BOOK_FLAGS, BOOK_SNAPSHOTS, QUOTE_FLAGS, QUOTES, SOURCES, TOPICS } from "../../domain/index.ts";
import { enumType, type Layout, LISTING_TEXT, POSITION, RAW_POSITION, system } from "./layout-parts.ts";

/** Of these the byte in a record is the number in the column; "none" is a book without levels. */
const BOOK_SIDE_TYPE = enumType(["bid", "ask", "none"]);

const ORIGIN = [
  ["ts_event", "TIMESTAMPTZ NOT NULL"],
  ["ts_event_nanos", "USMALLINT NOT NULL"],
  ["ts_recv", "TIMESTAMPTZ NOT NULL"],
  ["ts_recv_nanos", "USMALLINT NOT NULL"],
  ["sequence", "BIGINT NOT NULL"],
  ["flags", "USMALLINT NOT NULL"],
  ["connection", "VARCHAR NOT NULL"],
  ["epoch", "UINTEGER NOT NULL"],
  ["frame_index", "USMALLINT NOT NULL"],
  ["source", `${enumType(SOURCES)} NOT NULL`],
  ...POSITION,
  ["raw_partition", "USMALLINT NOT NULL"],
  ["raw_offset", "BIGINT NOT NULL"],
] as const;

function originExpressions(noEventTime: number): Readonly<Record<string, string>> {
  return {
    ts_event: `CASE WHEN r.flags & ${noEventTime} = 0 THEN r.ts_event END`,
    ts_event_nanos: "r.ts_event_nanos::INTEGER",
    ts_recv_nanos: "r.ts_recv_nanos::INTEGER",
    sequence: "nullif(r.sequence, -1)",
    epoch: "r.epoch::BIGINT",
    frame_index: "r.frame_index::INTEGER",
    ...RAW_POSITION,
  };
}

/** Names of the bits that are set, joined by commas. */
function names(flags: Readonly<Record<string, number>>, wanted: readonly string[]): string {
  const all = wanted.reduce((bits, name) => bits | (flags[name] ?? 0), 0);
  const parts = wanted.map((name) => `CASE WHEN r.flags & ${flags[name]} <> 0 THEN '${name}' END`);
  return `CASE WHEN r.flags & ${all} = 0 THEN '' ELSE concat_ws(',', ${parts.join(", ")}) END`;
}

function unless(bit: number, column: string): string {
  return `CASE WHEN r.flags & ${bit} = 0 THEN r.${column} END`;
}

export const QUOTES_LAYOUT: Layout = {
  topic: TOPICS.quotes,
  definition: QUOTES,
  prefix: "quotes",
  columns: [
    ["listing", "UINTEGER NOT NULL"],
    ["bid_price", "DECIMAL(18,8) NOT NULL"],
    ["bid_size", "DECIMAL(18,8) NOT NULL"],
    ["ask_price", "DECIMAL(18,8) NOT NULL"],
    ["ask_size", "DECIMAL(18,8) NOT NULL"],
    ...ORIGIN,
  ],
  hasListing: true,
  time: "ts_recv",
  sealedOrder: "listing, ts_recv",
  expressions: {
    ...LISTING_TEXT,
    bid_price: unless(QUOTE_FLAGS.noBid, "bid_price"),
    bid_size: unless(QUOTE_FLAGS.noBid, "bid_size"),
    ask_price: unless(QUOTE_FLAGS.noAsk, "ask_price"),
    ask_size: unless(QUOTE_FLAGS.noAsk, "ask_size"),
    flags: names(QUOTE_FLAGS, ["derived", "locked", "crossed"]),
    ...originExpressions(QUOTE_FLAGS.noEventTime),
    ...system(TOPICS.quotes),
  },
};

const LEVEL = [
  ["listing", "UINTEGER NOT NULL"],
  ["side", `${BOOK_SIDE_TYPE} NOT NULL`],
  ["price", "DECIMAL(18,8) NOT NULL"],
  ["size", "DECIMAL(18,8) NOT NULL"],
  ["level_index", "UINTEGER NOT NULL"],
  ["depth", "UINTEGER NOT NULL"],
] as const;

const LEVEL_EXPRESSIONS = {
  ...LISTING_TEXT,
  level_index: "r.level_index::INTEGER",
  depth: "nullif(r.depth, 0)::INTEGER",
  ...originExpressions(BOOK_FLAGS.noEventTime),
};

export const BOOK_CHANGES_LAYOUT: Layout = {
  topic: TOPICS.bookChanges,
  definition: BOOK_CHANGES,
  prefix: "book_changes",
  columns: [...LEVEL, ...ORIGIN],
  hasListing: true,
  time: "ts_recv",
  sealedOrder: "listing, ts_recv",
  expressions: {
    ...LEVEL_EXPRESSIONS,
    side: "r.side::VARCHAR",
    action: `CASE WHEN r.flags & ${BOOK_FLAGS.snapshot} <> 0 THEN 'snapshot' WHEN r.size = 0 THEN 'delete' ELSE 'set' END`,
    flags: names(BOOK_FLAGS, ["snapshot", "last", "maybeBad"]),
    ...system(TOPICS.bookChanges),
  },
};

export const BOOK_SNAPSHOTS_LAYOUT: Layout = {
  topic: TOPICS.bookSnapshots,
  definition: BOOK_SNAPSHOTS,
  prefix: "book_snapshots",
  columns: [
    ...LEVEL,
    ...ORIGIN,
    ["level", "UINTEGER NOT NULL"],
    ["bid_levels", "UINTEGER NOT NULL"],
    ["ask_levels", "UINTEGER NOT NULL"],
  ],
  hasListing: true,
  time: "ts_recv",
  sealedOrder: "listing, ts_recv",
  expressions: {
    ...LEVEL_EXPRESSIONS,
    side: "CASE WHEN r.side <> 'none' THEN r.side::VARCHAR END",
    price: "CASE WHEN r.side <> 'none' THEN r.price END",
    size: "CASE WHEN r.side <> 'none' THEN r.size END",
    level: "r.level::INTEGER",
    cause: `CASE WHEN r.flags & ${BOOK_FLAGS.snapshot} <> 0 THEN 'replace' ELSE 'periodic' END`,
    continuity: `CASE WHEN r.flags & ${BOOK_FLAGS.maybeBad} <> 0 THEN 'unproven' ELSE 'proven' END`,
    checksum: `CASE WHEN r.flags & ${BOOK_FLAGS.checksumOk} <> 0 THEN 'ok' WHEN r.flags & ${BOOK_FLAGS.checksumFailed} <> 0 THEN 'failed' ELSE 'none' END`,
    spread: `CASE WHEN r.flags & ${BOOK_FLAGS.oneSided} <> 0 THEN 'one-sided' WHEN r.flags & ${BOOK_FLAGS.locked} <> 0 THEN 'locked' WHEN r.flags & ${BOOK_FLAGS.crossed} <> 0 THEN 'crossed' ELSE 'open' END`,
    bid_levels: "r.bid_levels::INTEGER",
    ask_levels: "r.ask_levels::INTEGER",
    ...system(TOPICS.bookSnapshots),
  },
};
