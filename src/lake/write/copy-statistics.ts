import { LakeCorruptError } from "../errors.ts";

/** What DuckDB's `COPY … (RETURN_STATS)` tells of one file. */
export interface CopyStatistics {
  readonly rowCount: number;
  readonly byteLength: number;
  /** By quoted path: `"price"`, `"point"."x"`. */
  readonly columns: ReadonlyMap<string, ColumnStatistics>;
}

/** Texts as DuckDB prints them. */
export interface ColumnStatistics {
  readonly byteLength: number;
  readonly valueCount: number;
  readonly nullCount: number;
  readonly min: string | undefined;
  readonly max: string | undefined;
  readonly hasNan: boolean | undefined;
}

/** @param rows of the COPY: filename, count, file_size_bytes, footer_size_bytes, column_statistics, partition_keys */
export function readCopyStatistics(rows: readonly (readonly unknown[])[]): CopyStatistics {
  const row = rows[0];
  if (row === undefined || rows.length !== 1 || row.length < 5) {
    throw new LakeCorruptError(
      `Cannot read what DuckDB told of a file it wrote: ${rows.length} rows of ${row?.length ?? 0} columns`,
    );
  }
  const columns = new Map<string, ColumnStatistics>();
  for (const [path, statistics] of pairsOf(row[4])) {
    const values = new Map(pairsOf(statistics).map(([name, value]) => [String(name), String(value)]));
    columns.set(String(path), {
      byteLength: Number(values.get("column_size_bytes") ?? 0),
      valueCount: Number(values.get("num_values") ?? 0),
      nullCount: Number(values.get("null_count") ?? 0),
      min: values.get("min"),
      max: values.get("max"),
      hasNan: values.has("has_nan") ? values.get("has_nan") === "true" : undefined,
    });
  }
  return { rowCount: Number(row[1]), byteLength: Number(row[2]), columns };
}

/** A DuckDB map, in whichever form the caller's client gives it: `{ entries }`, a list of pairs, a Map, an object. */
function pairsOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...value];
  if (Array.isArray(value)) return value.map(pairOf);
  if (typeof value !== "object" || value === null) return [];
  if ("entries" in value && Array.isArray(value.entries)) return value.entries.map(pairOf);
  return Object.entries(value);
}

function pairOf(pair: unknown): readonly [unknown, unknown] {
  if (Array.isArray(pair)) return [pair[0], pair[1]];
  const { key, value } = pair as { readonly key: unknown; readonly value: unknown };
  return [key, value];
}
