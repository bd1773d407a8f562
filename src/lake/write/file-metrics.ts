import { InvalidInputError } from "../../base/index.ts";
import type { MetricsMode } from "../core/metrics-mode.ts";
import { type Field, isPrimitive, type PrimitiveType } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { parseValue } from "../core/value-text.ts";
import { sqlName } from "../duckdb/duckdb-sql.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { lowerBound, upperBound } from "./bounds.ts";
import type { ColumnStatistics, CopyStatistics } from "./copy-statistics.ts";
import type { FloatBounds, ParquetFooter } from "./parquet-footer.ts";
import { asWritten } from "./value-sql.ts";

export type FileMetrics = Pick<
  DataFile,
  "columnSizes" | "valueCounts" | "nullCounts" | "nanCounts" | "lowerBounds" | "upperBounds"
>;

/** The metrics of a file's columns by field id, of those outside lists and maps, as far as each column's mode keeps them. */
export function fileMetrics(
  { fields, modes }: { readonly fields: readonly Field[]; readonly modes: ReadonlyMap<number, MetricsMode> },
  statistics: CopyStatistics,
  footer: ParquetFooter,
): FileMetrics {
  const columnSizes = new Map<number, number>();
  const valueCounts = new Map<number, number>();
  const nullCounts = new Map<number, number>();
  const nanCounts = new Map<number, number>();
  const lowerBounds = new Map<number, Uint8Array>();
  const upperBounds = new Map<number, Uint8Array>();
  for (const { id, type, path } of leaves(fields, [])) {
    const column = statistics.columns.get(path.map(sqlName).join("."));
    if (column === undefined) continue;
    columnSizes.set(id, column.byteLength);
    const mode = modes.get(id) ?? NO_METRICS;
    if (mode.kind === "none") continue;
    valueCounts.set(id, column.valueCount);
    nullCounts.set(id, column.nullCount);
    if (column.hasNan === false) nanCounts.set(id, 0);
    const lengthMax = boundLength(mode);
    const bounds = lengthMax > 0 ? columnBounds(type, column, footer.floatBounds.get(path.join("."))) : undefined;
    if (bounds === undefined) continue;
    lowerBounds.set(id, lowerBound(type, bounds.lower, lengthMax));
    const upper = upperBound(type, bounds.upper, lengthMax);
    if (upper !== undefined) upperBounds.set(id, upper);
  }
  return { columnSizes, valueCounts, nullCounts, nanCounts, lowerBounds, upperBounds };
}

const NO_METRICS: MetricsMode = { kind: "none" };

/** Characters or bytes that a bound keeps; 0 for no bound. */
export function boundLength(mode: MetricsMode): number {
  if (mode.kind === "truncate") return mode.length;
  return mode.kind === "full" ? Number.MAX_SAFE_INTEGER : 0;
}

interface Leaf {
  readonly id: number;
  readonly type: PrimitiveType;
  readonly path: readonly string[];
}

function* leaves(fields: readonly Field[], parents: readonly string[]): Generator<Leaf> {
  for (const { id, name, type } of fields) {
    const path = [...parents, name];
    if (isPrimitive(type)) yield { id, type, path };
    else if (type.kind === "struct") yield* leaves(type.fields, path);
  }
}

/** DuckDB prints floats rounded, so theirs come from the footer; everything else it prints exactly. */
function columnBounds(
  type: PrimitiveType,
  column: ColumnStatistics,
  floats: FloatBounds | undefined,
): { readonly lower: Value; readonly upper: Value } | undefined {
  if (type.kind === "float" || type.kind === "double") return column.hasNan === false ? floats : undefined;
  if (column.min === undefined || column.max === undefined) return undefined;
  try {
    const written = asWritten(type);
    return { lower: parseValue(written, column.min), upper: parseValue(written, column.max) };
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined; // Infinite dates and times have no bound; none is allowed.
    throw error;
  }
}
