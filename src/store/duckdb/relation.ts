import { InvalidInputError } from "../../base/index.ts";
import type { ColumnDefinition } from "../../domain/index.ts";
import type { OffsetRange, RelationFilter } from "../store.ts";
import { columnExpression, HOT, type Layout } from "./layout.ts";
import type { SegmentView } from "./segment.ts";

/**
 * SQL for the rows of some segments that a filter admits, with the columns of the table's definition.
 * Listing numbers, times and offsets are compared with the stored columns, so that DuckDB skips row groups by them.
 *
 * @returns undefined when no row can match
 */
export function relationSql(
  layout: Layout,
  segments: readonly SegmentView[],
  filter: RelationFilter,
): string | undefined {
  const parts = segments.map((segment) => segmentSql(segment, filter)).filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  const columns = selectedColumns(layout, filter.columns);
  const list = columns.map((column) => columnExpression(layout, column)).join(", ");
  const join = layout.hasListing ? ` JOIN ${HOT}.listings l USING (listing)` : "";
  return `SELECT ${list} FROM (${parts.join(" UNION ALL ")}) r${join}`;
}

function selectedColumns({ definition }: Layout, names: readonly string[] | undefined): readonly ColumnDefinition[] {
  if (names === undefined) return definition.columns;
  return names.map((name) => {
    const column = definition.columns.find((candidate) => candidate.name === name);
    if (column !== undefined) return column;
    throw new InvalidInputError(
      `${definition.namespace}.${definition.name} has no column ${JSON.stringify(name)}; it has ${definition.columns.map((candidate) => candidate.name).join(", ")}`,
    );
  });
}

function segmentSql(segment: SegmentView, filter: RelationFilter): string | undefined {
  const { startUs, endUs } = filter;
  const { hasListing } = segment.layout;
  const listings = hasListing ? filter.listings : undefined;
  if (startUs !== undefined && segment.timeMaxUs < startUs) return undefined;
  if (endUs !== undefined && segment.timeMinUs >= endUs) return undefined;
  if (listings?.length === 0) return undefined;
  const offsets = offsetCondition(segment, filter);
  if (offsets === undefined) return undefined;
  const { time } = segment.layout;
  const conditions = [
    listings === undefined ? "" : `listing IN (${listings.join(", ")})`,
    hasListing ? "" : isOneOf(segment, "symbol", filter.symbols),
    hasListing ? "" : isOneOf(segment, "venue", filter.venues),
    filter.interval === undefined ? "" : `"interval" = ${quoted(filter.interval)}`,
    startUs === undefined ? "" : `"${time}" >= make_timestamptz(${startUs})`,
    endUs === undefined ? "" : `"${time}" < make_timestamptz(${endUs})`,
    offsets,
    // Rows are numbered in the order of appending; later ones belong to a later pin.
    segment.whole ? "" : `rowid < ${segment.rows}`,
  ].filter((condition) => condition !== "");
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  return `SELECT * FROM ${HOT}.${segment.table.name}${where}`;
}

/** Empty when all are wanted, or where the rows have no such column. */
function isOneOf({ layout }: SegmentView, column: string, values: readonly string[] | undefined): string {
  if (values === undefined || !layout.columns.some(([name]) => name === column)) return "";
  return values.length === 0 ? "false" : `${column} IN (${values.map(quoted).join(", ")})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Empty when all visible rows are wanted; undefined when none is. */
function offsetCondition({ ranges, rows }: SegmentView, { from, upTo }: RelationFilter): string | undefined {
  if (rows === 0) return undefined;
  const wanted = ranges.map((range) => clip(range, { from, upTo }));
  const clipped = wanted.filter(
    (range, index) => range.start !== ranges[index]?.start || range.end !== ranges[index]?.end,
  );
  if (clipped.length === 0) return "";
  const kept = wanted.filter(({ start, end }) => start < end);
  if (kept.length === 0) return undefined;
  const conditions = kept.map(
    ({ partition, start, end }) => `(partition = ${partition} AND "offset" >= ${start} AND "offset" < ${end})`,
  );
  return conditions.length === 1 ? conditions.join() : `(${conditions.join(" OR ")})`;
}

function clip(range: OffsetRange, { from, upTo }: Pick<RelationFilter, "from" | "upTo">): OffsetRange {
  const first = from?.find(({ partition }) => partition === range.partition)?.offset ?? range.start;
  const end =
    upTo === undefined ? range.end : (upTo.find(({ partition }) => partition === range.partition)?.offset ?? 0);
  return { ...range, start: Math.max(range.start, first), end: Math.min(range.end, end) };
}
