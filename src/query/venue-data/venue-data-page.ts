import type { Abortable } from "../../base/index.ts";
import { formatInstant, VENUE_DATA_TABLES, type VenueDataKind } from "../../domain/index.ts";
import type { Store } from "../../store/index.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { narrowing } from "../narrowing.ts";
import { naturalPriceText, naturalSizeText, shortest } from "../natural-values.ts";
import type { Page, RangeRequest, VenueDataAnswerRow, VenueDataRequest } from "../query.ts";
import { filterOf, windowOf } from "../range.ts";
import type { Sources } from "../sources.ts";
import { VENUE_DATA_FIELDS, type VenueDataField } from "./venue-data-fields.ts";

const FIRST_WIDTH_US = 600_000_000;
const WHOLE = /^-?\d{1,16}$/;
const TOPIC = /^[a-z][a-z0-9._-]{0,99}$/;
const SYMBOL = /^.{1,200}$/s;

/** How the rows of a kind follow each other, and what of a row says where it stands among them. */
interface Order {
  readonly keys: readonly string[];
  readonly patterns: readonly RegExp[];
  readonly where: string;
}

/** By the venue's time, then by place in the log, of which a table may have several. */
const BY_TIME: Order = {
  keys: [
    "epoch_us(ts_event)::DOUBLE",
    "coalesce(ts_event_nanos, 0)::INTEGER",
    "_topic",
    "_partition",
    "_offset::DOUBLE",
  ],
  patterns: [WHOLE, WHOLE, TOPIC, WHOLE, WHOLE],
  where: "",
};

/** What is known now of each candle. */
const BY_START: Order = {
  keys: ["epoch_us(start)::DOUBLE", "venue", "raw_symbol"],
  patterns: [WHOLE, SYMBOL, SYMBOL],
  where: `QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, "interval", start
    ORDER BY known_at DESC, coalesce(known_at_nanos, 0) DESC, revision DESC, _offset DESC) = 1`,
};

/** One page of what venues published, in its order; see QueryEngine.venueData. */
export async function venueDataPage(
  request: VenueDataRequest,
  sources: Sources,
  store: Pick<Store, "query">,
  { signal }: Abortable,
): Promise<Page<VenueDataAnswerRow>> {
  const { kind, order: direction, limit, cursor, interval } = request;
  const { definition } = VENUE_DATA_TABLES[kind];
  const order = kind === "candle" ? BY_START : BY_TIME;
  const key = cursor === undefined ? undefined : decodeCursor(cursor, { kind, order: direction }, order.patterns);
  const range = windowOf(request, key === undefined ? undefined : Number(key[0]));
  const times = await sources.times(definition);
  const filter = { ...filterOf(request), ...(kind === "candle" ? { interval } : {}) };
  let rows: readonly (readonly unknown[])[] = [];
  for (const window of narrowing({ ...range, order: direction, times, firstWidthUs: FIRST_WIDTH_US })) {
    const relation = await sources.relation(definition, { ...filter, ...window });
    if (relation === undefined) continue;
    const sql = pageSql(kind, relation, { direction, limit: limit + 1, key, order });
    rows = (await store.query(sql, { signal })).rows;
    if (rows.length > limit) break;
  }
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const keyOf = (row: readonly unknown[]): (string | number)[] =>
    row.slice(0, order.keys.length) as (string | number)[];
  return {
    rows: page.map((row) => answerRow(kind, row.slice(order.keys.length))),
    cursor: last === undefined ? undefined : encodeCursor({ kind, order: direction, key: keyOf(last) }),
    receipt: sources.receipt(),
  };
}

function pageSql(
  kind: VenueDataKind,
  relation: string,
  page: {
    readonly direction: RangeRequest["order"];
    readonly limit: number;
    readonly key: readonly string[] | undefined;
    readonly order: Order;
  },
): string {
  const { keys, where, patterns } = page.order;
  const [direction, comparison] = page.direction === "ascending" ? (["ASC", ">"] as const) : (["DESC", "<"] as const);
  const columns = [...keys, ...VENUE_DATA_FIELDS[kind].flatMap(expressionsOf)];
  const list = columns.map((expression, index) => `${expression} AS c${index}`).join(", ");
  const names = keys.map((_, index) => `c${index}`);
  const values = page.key?.map((part, index) => (patterns[index] === WHOLE ? part : quoted(part)));
  const after = values === undefined ? "" : `WHERE (${names.join(", ")}) ${comparison} (${values.join(", ")})`;
  return `SELECT * FROM (SELECT ${list} FROM ${relation} ${where}) ${after}
    ORDER BY ${names.map((name) => `${name} ${direction}`).join(", ")} LIMIT ${page.limit}`;
}

/** Of a field two: its value, and the unit or the nanoseconds that belong to it. */
function expressionsOf({ column, type, nanos }: VenueDataField): readonly string[] {
  if (type === "time") return [`epoch_us("${column}")::DOUBLE`, nanos === undefined ? "0" : `coalesce(${nanos}, 0)`];
  if (type === "price" || type === "size") return [`"${column}"`, "unit"];
  return [type === "count" ? `"${column}"::DOUBLE` : `"${column}"`, "NULL"];
}

function answerRow(kind: VenueDataKind, cells: readonly unknown[]): VenueDataAnswerRow {
  const row: Record<string, VenueDataAnswerRow[string]> = {};
  for (const [index, field] of VENUE_DATA_FIELDS[kind].entries())
    row[field.name] = answerValue(field, cells[2 * index], cells[2 * index + 1]);
  return row;
}

function answerValue({ type }: VenueDataField, value: unknown, beside: unknown): VenueDataAnswerRow[string] {
  if (type === "names") return value === null || value === "" ? [] : String(value).split(",");
  if (value === null) return null;
  switch (type) {
    case "price":
      return naturalPriceText(String(value), String(beside));
    case "size":
      return naturalSizeText(String(value), String(beside));
    case "natural":
      return shortest(String(value));
    case "count":
      return Number(value);
    case "time":
      return formatInstant(Number(value), Number(beside));
    default:
      return String(value);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
