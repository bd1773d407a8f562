import type { Abortable } from "../base/index.ts";
import { formatInstant, QUALITY, QUOTE_QUALITY, type TableDefinition } from "../domain/index.ts";
import type { Store } from "../store/index.ts";
import { type CursorKey, decodeCursor, encodeCursor } from "./cursor.ts";
import { narrowing } from "./narrowing.ts";
import type { Page, QualityRow, QuoteQualityRow, RangeRequest } from "./query.ts";
import { filterOf, windowOf } from "./range.ts";
import type { Sources } from "./sources.ts";

const FIRST_WIDTH_US = 600_000_000;
/** The total order of minutes: time, listing, then the log's, where a minute was told again. */
const ORDER = ["start", "venue", "raw_symbol", "_offset"];
const TEXT = /^.{1,200}$/s;
const KEY_PARTS = [/^-?\d{1,16}$/, TEXT, TEXT, /^\d{1,16}$/];

type Values = Readonly<Record<string, unknown>>;

/** One page of the judged minutes of trades; see QueryEngine.quality. */
export async function qualityPage(
  request: RangeRequest,
  sources: Sources,
  store: Pick<Store, "query">,
  options: Abortable,
): Promise<Page<QualityRow>> {
  return await minutesPage(
    { table: QUALITY, kind: "quality", rowOf: qualityRow },
    request,
    { sources, store },
    options,
  );
}

/** One page of the judged minutes of best bids and asks; see QueryEngine.quoteQuality. */
export async function quoteQualityPage(
  request: RangeRequest,
  sources: Sources,
  store: Pick<Store, "query">,
  options: Abortable,
): Promise<Page<QuoteQualityRow>> {
  const of = { table: QUOTE_QUALITY, kind: "spreads", rowOf: quoteQualityRow } as const;
  return await minutesPage(of, request, { sources, store }, options);
}

interface Minutes<Row> {
  readonly table: TableDefinition;
  readonly kind: CursorKey["kind"];
  readonly rowOf: (values: Values) => Row;
}

async function minutesPage<Row>(
  { table, kind, rowOf }: Minutes<Row>,
  request: RangeRequest,
  { sources, store }: { readonly sources: Sources; readonly store: Pick<Store, "query"> },
  { signal }: Abortable,
): Promise<Page<Row>> {
  const { order, limit, cursor } = request;
  const key = cursor === undefined ? undefined : decodeCursor(cursor, { kind, order }, KEY_PARTS);
  const range = windowOf(request, key === undefined ? undefined : Number(key[0]));
  const times = await sources.times(table);
  const columns = table.columns.map(({ name }) => name).filter((name) => !name.startsWith("_") || ORDER.includes(name));
  let rows: readonly Values[] = [];
  for (const window of narrowing({ ...range, order, times, firstWidthUs: FIRST_WIDTH_US })) {
    const relation = await sources.relation(table, { ...filterOf(request), ...window, columns });
    if (relation === undefined) continue;
    const sql = pageSql(relation, columns, { order, limit: limit + 1, key });
    const { rows: found } = await store.query(sql, { parameters: key === undefined ? [] : key.slice(1, 3), signal });
    rows = found.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])));
    if (rows.length > limit) break;
  }
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    rows: page.map(rowOf),
    cursor:
      last === undefined ? undefined : encodeCursor({ kind, order, key: ORDER.map((name) => keyPart(last[name])) }),
    receipt: sources.receipt(),
  };
}

function pageSql(
  relation: string,
  columns: readonly string[],
  page: { readonly order: RangeRequest["order"]; readonly limit: number; readonly key: readonly string[] | undefined },
): string {
  const [direction, comparison] = page.order === "ascending" ? (["ASC", ">"] as const) : (["DESC", "<"] as const);
  const { key } = page;
  const after =
    key === undefined
      ? ""
      : `WHERE (${ORDER.map(quoted).join(", ")}) ${comparison} (make_timestamptz(${key[0]}), $1, $2, ${key[3]}::BIGINT)`;
  const selected = columns.map((name) => (name === "start" ? `epoch_us("start")::DOUBLE` : quoted(name)));
  return `SELECT ${selected.join(", ")} FROM ${relation} ${after}
    ORDER BY ${ORDER.map((name) => `${quoted(name)} ${direction}`).join(", ")} LIMIT ${page.limit}`;
}

function quoted(name: string): string {
  return `"${name}"`;
}

function keyPart(value: unknown): string | number {
  return typeof value === "number" ? value : String(value);
}

function qualityRow(values: Values): QualityRow {
  return {
    ...listingOf(values),
    trades: count(values["trades"]),
    duplicates: count(values["duplicates"]),
    refused: count(values["refused"]),
    outOfOrder: count(values["out_of_order"]),
    gapUs: count(values["gap_us"]),
    latencyMinUs: orNull(values["latency_min_us"]),
    latencyP50Us: orNull(values["latency_p50_us"]),
    latencyP99Us: orNull(values["latency_p99_us"]),
    latencyMaxUs: orNull(values["latency_max_us"]),
    priceOutliers: count(values["price_outliers"]),
    sizeOutliers: count(values["size_outliers"]),
    outlierIds: list(values["outlier_ids"]),
    divergencePpm: orNull(values["divergence_ppm"]),
    expectedTrades: orNull(values["expected_trades"]),
    flags: list(values["flags"]),
    source: String(values["source"]),
  };
}

function quoteQualityRow(values: Values): QuoteQualityRow {
  return {
    ...listingOf(values),
    changes: count(values["changes"]),
    quotedUs: count(values["quoted_us"]),
    ownCrossedUs: count(values["own_crossed_us"]),
    comparedUs: count(values["compared_us"]),
    lockedUs: count(values["locked_us"]),
    lockedWith: textOrNull(values["locked_with"]),
    crossedUs: count(values["crossed_us"]),
    crossedWith: textOrNull(values["crossed_with"]),
    crossedMaxPpb: orNull(values["crossed_max_ppb"]),
    spreadMinPpb: orNull(values["spread_min_ppb"]),
    spreadMeanPpb: orNull(values["spread_mean_ppb"]),
    spreadMaxPpb: orNull(values["spread_max_ppb"]),
    flags: list(values["flags"]),
    source: String(values["source"]),
  };
}

function listingOf(values: Values): Pick<QualityRow, "venue" | "symbol" | "rawSymbol" | "start"> {
  return {
    venue: String(values["venue"]),
    symbol: String(values["symbol"]),
    rawSymbol: String(values["raw_symbol"]),
    start: formatInstant(Number(values["start"])),
  };
}

function count(value: unknown): number {
  return Number(value ?? 0);
}

function orNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function list(value: unknown): readonly string[] {
  const text = String(value ?? "");
  return text === "" ? [] : text.split(",");
}
