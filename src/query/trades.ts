import type { Abortable } from "../base/index.ts";
import { formatInstant, TRADES } from "../domain/index.ts";
import type { Store } from "../store/index.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { narrowing } from "./narrowing.ts";
import { naturalPriceText, naturalSizeText } from "./natural-values.ts";
import type { Page, TradeRow, TradesRequest } from "./query.ts";
import { filterOf, windowOf } from "./range.ts";
import type { Sources } from "./sources.ts";

const FIRST_WIDTH_US = 60_000_000;

/** Read from both sources. */
const COLUMNS = [
  "venue",
  "symbol",
  "raw_symbol",
  "trade_id",
  "price",
  "size",
  "unit",
  "side",
  "ts_event",
  "ts_event_nanos",
  "ts_recv",
  "ts_recv_nanos",
  "sequence",
  "frame_index",
  "executions",
  "flags",
  "source",
  "_partition",
  "_offset",
];

/** The venue's order within a listing; as in Trade.sequence, 0 where there is none. */
const SEQUENCE = "coalesce(sequence, TRY_CAST(trade_id AS BIGINT), 0)";
/** The total order of trades: time, the venue's order, then the log's. */
const ORDER = ["ts_event", "ts_event_nanos", SEQUENCE, "frame_index", "_partition", "_offset"];
const WHOLE = /^-?\d{1,16}$/;
const INT64 = /^-?\d{1,19}$/;
const KEY_PARTS = [WHOLE, WHOLE, INT64, WHOLE, WHOLE, WHOLE];

/** In the order of the SELECT below. */
type Row = readonly [
  venue: string,
  symbol: string,
  rawSymbol: string,
  tradeId: string,
  price: string,
  size: string,
  unit: string,
  side: TradeRow["side"],
  eventUs: number,
  eventNanos: number,
  receiveUs: number,
  receiveNanos: number,
  executions: number,
  flags: string,
  source: string,
  sequence: string,
  frameIndex: number,
  partition: number,
  offset: number,
];

/** One page of trades in their total order; see QueryEngine.trades. */
export async function tradesPage(
  request: TradesRequest,
  sources: Sources,
  store: Pick<Store, "query">,
  { signal }: Abortable,
): Promise<Page<TradeRow>> {
  const { order, limit, cursor } = request;
  const key = cursor === undefined ? undefined : decodeCursor(cursor, { kind: "trades", order }, KEY_PARTS);
  const range = windowOf(request, key === undefined ? undefined : Number(key[0]));
  const times = await sources.times(TRADES);
  let rows: readonly Row[] = [];
  for (const window of narrowing({ ...range, order, times, firstWidthUs: FIRST_WIDTH_US })) {
    const relation = await sources.relation(TRADES, { ...filterOf(request), ...window, columns: COLUMNS });
    if (relation === undefined) continue;
    const { rows: found } = await store.query(pageSql(relation, { order, limit: limit + 1, key }), { signal });
    rows = found as unknown as readonly Row[];
    if (rows.length > limit) break;
  }
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    rows: page.map(tradeRow),
    cursor: last === undefined ? undefined : encodeCursor({ kind: "trades", order, key: keyOf(last) }),
    receipt: sources.receipt(),
  };
}

function pageSql(
  relation: string,
  page: { readonly order: TradesRequest["order"]; readonly limit: number; readonly key: readonly string[] | undefined },
): string {
  const [direction, comparison] = page.order === "ascending" ? (["ASC", ">"] as const) : (["DESC", "<"] as const);
  const [timeUs = "0", ...rest] = page.key ?? [];
  const after =
    page.key === undefined
      ? ""
      : `WHERE (${ORDER.join(", ")}) ${comparison} (make_timestamptz(${timeUs}), ${rest.map((part) => `${part}::BIGINT`).join(", ")})`;
  return `
    SELECT venue, symbol, raw_symbol, trade_id, price, size, unit, side, epoch_us(ts_event)::DOUBLE, ts_event_nanos,
      epoch_us(ts_recv)::DOUBLE, ts_recv_nanos, executions, flags, source, ${SEQUENCE}, frame_index, _partition, _offset::DOUBLE
    FROM ${relation} ${after}
    ORDER BY ${ORDER.map((part) => `${part} ${direction}`).join(", ")}
    LIMIT ${page.limit}`;
}

function keyOf(row: Row): readonly (string | number)[] {
  const [eventUs, eventNanos, sequence, frameIndex, partition, offset] = [
    row[8],
    row[9],
    row[15],
    row[16],
    row[17],
    row[18],
  ];
  return [eventUs, eventNanos, sequence, frameIndex, partition, offset];
}

function tradeRow(row: Row): TradeRow {
  const [venue, symbol, rawSymbol, tradeId, price, size, unit, side, eventUs, eventNanos] = row;
  const [, , , , , , , , , , receiveUs, receiveNanos, executions, flags, source] = row;
  return {
    venue,
    symbol,
    rawSymbol,
    tradeId,
    price: naturalPriceText(price, unit),
    size: naturalSizeText(size, unit),
    side,
    eventTime: formatInstant(eventUs, eventNanos),
    receiveTime: formatInstant(receiveUs, receiveNanos),
    executions,
    flags: flags === "" ? [] : flags.split(","),
    source,
  };
}
