import type { MetricsMode } from "../core/metrics-mode.ts";
import { type Field, isPrimitive, type PrimitiveType } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { parseValue } from "../core/value-text.ts";
import { sqlName } from "../duckdb/duckdb-sql.ts";
import { lowerBound, upperBound } from "./bounds.ts";
import { boundLength, type FileMetrics } from "./file-metrics.ts";
import type { SqlRunner } from "./sql-runner.ts";
import { decimalSql, microsSql } from "./value-sql.ts";

export interface MeasureInput {
  readonly run: SqlRunner["run"];
  /** A relation of the file's rows, its columns named and typed as the table's. */
  readonly relation: string;
  readonly fields: readonly Field[];
  readonly modes: ReadonlyMap<number, MetricsMode>;
}

/**
 * Metrics of a file's rows, found by reading them: exact whoever wrote the file, and whatever its footer says.
 *
 * @returns also how many rows there are
 */
export async function measureFile({
  run,
  relation,
  fields,
  modes,
}: MeasureInput): Promise<{ readonly metrics: FileMetrics; readonly rowCount: number }> {
  const measured = fields.flatMap(({ id, name, type }) =>
    isPrimitive(type) ? [{ id, name: sqlName(name), type }] : [],
  );
  const inner = measured.flatMap(({ name, type }, index) => aggregatesSql(name, type, index));
  const outer = measured.flatMap(({ type }, index) => [
    `CAST(n${index} AS VARCHAR)`,
    `CAST(x${index} AS VARCHAR)`,
    textSql(`"l${index}"`, type),
    textSql(`"u${index}"`, type),
  ]);
  const [row = []] = await run(
    `SELECT ${["CAST(c AS VARCHAR)", ...outer].join(", ")} FROM (SELECT ${["count(*) AS c", ...inner].join(", ")} FROM ${relation})`,
  );
  const rowCount = Number(row[0]);
  const metrics = { ...NOTHING, valueCounts: new Map<number, number>(), nullCounts: new Map<number, number>() };
  const [nanCounts, lowerBounds, upperBounds] = [
    new Map<number, number>(),
    new Map<number, Uint8Array>(),
    new Map<number, Uint8Array>(),
  ];
  for (const [index, { id, type }] of measured.entries()) {
    const mode = modes.get(id) ?? { kind: "none" };
    if (mode.kind === "none") continue;
    const [notNull, nan, lower, upper] = row.slice(1 + index * 4, 5 + index * 4);
    metrics.valueCounts.set(id, rowCount);
    metrics.nullCounts.set(id, rowCount - Number(notNull));
    if (isFloat(type)) nanCounts.set(id, Number(nan));
    const lengthMax = boundLength(mode);
    if (lengthMax === 0 || lower === null || lower === undefined || upper === null) continue;
    lowerBounds.set(id, lowerBound(type, boundValue(type, String(lower)), lengthMax));
    const bound = upperBound(type, boundValue(type, String(upper)), lengthMax);
    if (bound !== undefined) upperBounds.set(id, bound);
  }
  return { metrics: { ...metrics, nanCounts, lowerBounds, upperBounds }, rowCount };
}

const NOTHING = { columnSizes: new Map<number, number>() };

function isFloat({ kind }: PrimitiveType): boolean {
  return kind === "float" || kind === "double";
}

/** NaN is no bound, and is counted apart. */
function aggregatesSql(name: string, type: PrimitiveType, index: number): readonly string[] {
  const nan = isFloat(type) ? `count(*) FILTER (isnan(${name}))` : "0";
  const only = isFloat(type) ? ` FILTER (NOT isnan(${name}))` : "";
  return [
    `count(${name}) AS n${index}`,
    `${nan} AS x${index}`,
    `min(${name})${only} AS l${index}`,
    `max(${name})${only} AS u${index}`,
  ];
}

function textSql(name: string, type: PrimitiveType): string {
  if (type.kind === "binary" || type.kind === "fixed") return `hex(${name})`;
  if (type.kind === "decimal") return `CAST(${decimalSql(name, type.scale)} AS VARCHAR)`;
  return isWhole(type) ? `CAST(${microsSql(name, type)} AS VARCHAR)` : `CAST(${name} AS VARCHAR)`;
}

function boundValue(type: PrimitiveType, text: string): Value {
  if (type.kind === "decimal" || isWhole(type)) return BigInt(text);
  return isFloat(type) ? Number(parseValue({ kind: "double" }, text)) : parseValue(type, text);
}

const WHOLE: ReadonlySet<string> = new Set([
  "int",
  "long",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "timestamp_ns",
  "timestamptz_ns",
]);

function isWhole({ kind }: PrimitiveType): boolean {
  return WHOLE.has(kind);
}
