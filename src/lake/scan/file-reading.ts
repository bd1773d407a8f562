import { type NameMapping, withMappedIds } from "../core/name-mapping.ts";
import { type Field, isPrimitive, type Type } from "../core/types.ts";
import { castText, defaultText, sqlName, sqlText } from "../duckdb/duckdb-sql.ts";
import { readType } from "../duckdb/read-type.ts";
import { LakeCorruptError, LakeUnsupportedError } from "../errors.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { absentSql, conversionSql, isSameLayout } from "./conversion-sql.ts";
import type { PhysicalSchema } from "./physical-schema.ts";

/** How to read files: those with equal keys are read together. */
export interface FileReading {
  readonly key: string;
  from(paths: readonly string[]): string;
  /** SQL of each field over {@link from}, by the field's id. */
  readonly columns: ReadonlyMap<number, string>;
}

export interface ReadingInput {
  readonly metadata: TableMetadata;
  /** Top-level fields wanted. */
  readonly fields: readonly Field[];
  readonly mapping: NameMapping | undefined;
}

/** DuckDB's own columns of any file; a column of that name would hide them. */
const VIRTUAL_NAMES: ReadonlySet<string> = new Set(["filename", "file_row_number", "file_index"]);

/** A map must hold something, also where only the rows' places are wanted: this field no data file has. */
const NO_ENTRY = "2147483545: {name: 'none', type: 'BIGINT', default_value: NULL}";

/**
 * Columns are found by field id; where the file has no ids, by the table's name mapping. Values that a file does not hold
 * are those of its partition, or the column's initial default, or null.
 *
 * @param physical what the file says of itself; undefined where it is known to hold all columns as the table has them
 * @see https://iceberg.apache.org/spec/#column-projection
 */
export function readingOf(file: DataFile, physical: PhysicalSchema | undefined, input: ReadingInput): FileReading {
  try {
    if (physical === undefined || physical.hasIds) return readById(file, physical?.fields, input);
    return readByName(file, physical.fields, input);
  } catch (error) {
    if (!(error instanceof LakeUnsupportedError)) throw error;
    throw new LakeUnsupportedError(`Cannot read ${file.location}: ${error.message}`, { cause: error });
  }
}

function readById(file: DataFile, physical: readonly Field[] | undefined, input: ReadingInput): FileReading {
  const columns = new Map<number, string>();
  const byId = physical && new Map(physical.map((field) => [field.id, field]));
  const entries = input.fields.map((field) => {
    const name = `c${field.id}`;
    const held = byId?.get(field.id);
    const isDirect = held === undefined || isCast(held.type, field.type);
    columns.set(field.id, isDirect ? sqlName(name) : conversionSql(sqlName(name), held.type, field.type));
    const type = isDirect ? readType(field.type) : readType(held.type);
    const fallback =
      held === undefined ? absentText(field, physical && partitionText(file, field, input.metadata)) : undefined;
    const value = fallback === undefined ? "NULL" : sqlText(fallback);
    return `${field.id}: {name: ${sqlText(name)}, type: ${sqlText(type)}, default_value: ${value}}`;
  });
  const some = entries.length > 0 ? entries : [NO_ENTRY];
  const options = `schema := MAP {${some.join(", ")}}, hive_partitioning := false`;
  return { key: `${options} ${[...columns.values()].join()}`, from: (paths) => readSql(paths, options), columns };
}

function readByName(
  file: DataFile,
  physical: readonly Field[],
  { fields, mapping, metadata }: ReadingInput,
): FileReading {
  if (mapping === undefined) {
    throw new LakeCorruptError(
      `Cannot read ${file.location}: it has no field ids, and table ${metadata.location} has no name mapping ` +
        "(schema.name-mapping.default) by which to find its columns. Nothing was read; set the mapping",
    );
  }
  const names = physical.map(({ name }) => name.toLowerCase());
  if (names.some((name, index) => VIRTUAL_NAMES.has(name) || names.indexOf(name) !== index)) {
    throw new LakeUnsupportedError(`its columns ${names.join(", ")} are not told apart by name`);
  }
  const byId = new Map(withMappedIds(mapping, physical).map((field) => [field.id, field]));
  const columns = new Map(
    fields.map((field) => {
      const held = byId.get(field.id);
      return [
        field.id,
        held === undefined
          ? fallbackSql(file, field, metadata)
          : conversionSql(sqlName(held.name), held.type, field.type),
      ];
    }),
  );
  const options = "hive_partitioning := false";
  const key = `${physical.map(({ name, type }) => `${name} ${JSON.stringify(type)}`).join()} ${[...columns.values()].join()}`;
  return { key, from: (paths) => readSql(paths, options), columns };
}

function readSql(paths: readonly string[], options: string): string {
  return `read_parquet([${paths.map(sqlText).join(", ")}], ${options})`;
}

/**
 * Promotions that DuckDB may do as it reads, so that it skips row groups and reads old and new files together. Not of float
 * to double or of date to timestamp: it would cast a filter's literal down to the file's type, and keep 0.1 as float where
 * `<= 0.1` is asked of doubles.
 */
function isCast(from: Type, to: Type): boolean {
  if (isSameLayout(from, to)) return true;
  if (from.kind === "opaque" && isPrimitive(to)) return true;
  if (from.kind === "int") return to.kind === "long";
  return from.kind === "decimal" && to.kind === "decimal" && to.scale === from.scale && to.precision >= from.precision;
}

function fallbackSql(file: DataFile, field: Field, metadata: TableMetadata): string {
  const value = partitionText(file, field, metadata);
  return value === undefined ? absentSql(field) : `CAST(${sqlText(value)} AS ${readType(field.type)})`;
}

function absentText({ type, initialDefault }: Field, value: string | undefined): string | undefined {
  if (value !== undefined || initialDefault === undefined || initialDefault === null) return value;
  return defaultText(type, initialDefault);
}

/** The value by which the file is partitioned: files taken over from Hive leave the column out. */
function partitionText(file: DataFile, { id, type }: Field, metadata: TableMetadata): string | undefined {
  if (!isPrimitive(type)) return undefined;
  const spec = metadata.partitionSpecs.find(({ specId }) => specId === file.specId);
  const position = spec?.fields.findIndex(
    ({ sourceId, transform }) => sourceId === id && transform.kind === "identity",
  );
  const value = file.partition[position ?? -1];
  if (value === undefined) return undefined;
  return castText(type.kind === "timestamptz_ns" ? { kind: "timestamp_ns" } : type, value);
}
