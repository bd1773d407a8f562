import { ORDER_ACTIONS, ORDER_FLAGS, ORDERS, SOURCES, TOPICS } from "../../domain/index.ts";
import { enumType, type Layout, LISTING_TEXT, POSITION, RAW_POSITION, system } from "./layout-parts.ts";

const NAMES = ["last", "snapshot", "badReceiveTime", "maybeBadBook", "topOfBook", "aggregated"] as const;

function flagNames(): string {
  const parts = NAMES.map((name) => `CASE WHEN r.flags & ${ORDER_FLAGS[name]} <> 0 THEN '${name}' END`);
  return `CASE WHEN r.flags = 0 THEN '' ELSE concat_ws(',', ${parts.join(", ")}) END`;
}

export const ORDERS_LAYOUT: Layout = {
  topic: TOPICS.orders,
  definition: ORDERS,
  prefix: "orders",
  columns: [
    ["listing", "UINTEGER NOT NULL"],
    ["order_id", "UBIGINT NOT NULL"],
    ["action", `${enumType(ORDER_ACTIONS)} NOT NULL`],
    ["side", `${enumType(["bid", "ask", "none"])} NOT NULL`],
    ["price", "DECIMAL(18,8) NOT NULL"],
    ["size", "DECIMAL(18,8) NOT NULL"],
    ["sequence", "BIGINT NOT NULL"],
    ["ts_event", "TIMESTAMPTZ NOT NULL"],
    ["ts_event_nanos", "USMALLINT NOT NULL"],
    ["ts_recv", "TIMESTAMPTZ NOT NULL"],
    ["ts_recv_nanos", "USMALLINT NOT NULL"],
    ["flags", "USMALLINT NOT NULL"],
    ["connection", "VARCHAR NOT NULL"],
    ["epoch", "UINTEGER NOT NULL"],
    ["frame_index", "USMALLINT NOT NULL"],
    ...POSITION,
    ["source", `${enumType(SOURCES)} NOT NULL`],
    ["raw_partition", "USMALLINT NOT NULL"],
    ["raw_offset", "BIGINT NOT NULL"],
  ],
  hasListing: true,
  time: "ts_recv",
  sealedOrder: "listing, ts_recv",
  expressions: {
    ...LISTING_TEXT,
    order_id: "r.order_id::VARCHAR",
    action: "r.action::VARCHAR",
    side: "CASE WHEN r.side <> 'none' THEN r.side::VARCHAR END",
    price: "CASE WHEN r.price <> 0 THEN r.price END",
    size: "CASE WHEN r.size <> 0 THEN r.size END",
    sequence: "nullif(r.sequence, 0)",
    ts_event_nanos: "r.ts_event_nanos::INTEGER",
    ts_recv_nanos: "r.ts_recv_nanos::INTEGER",
    flags: flagNames(),
    epoch: "r.epoch::BIGINT",
    frame_index: "r.frame_index::INTEGER",
    ...RAW_POSITION,
    ...system(TOPICS.orders),
  },
};
