import type { Predicate } from "../core/predicate.ts";
import { columnNamed, type Schema } from "../core/schema.ts";
import { type Field, isPrimitive, sameType } from "../core/types.ts";
import { castText, defaultText, predicateSql, sqlName, sqlText, sqlType } from "../duckdb/duckdb-sql.ts";
import { LakeUnsupportedError } from "../errors.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { FILES_HOLD_PARTITION_COLUMNS } from "../metadata/new-table.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";

export interface RelationInput {
  readonly metadata: TableMetadata;
  readonly schema: Schema;
  readonly columns: readonly string[];
  readonly filter: Predicate | undefined;
  readonly files: readonly DataFile[];
  readonly pathOf: (location: string) => string;
}

/** `(SELECT … FROM read_parquet([…], schema := MAP {…}) WHERE …)`; of no files, an empty relation of the same columns. */
export function relationSql({ metadata, schema, columns, filter, files, pathOf }: RelationInput): string {
  const wanted = columns.map((name) => columnNamed(schema, name));
  if (files.length === 0) {
    return `(SELECT ${wanted.map(({ name, type }) => `NULL::${sqlType(type)} AS ${sqlName(name)}`).join(", ")} WHERE false)`;
  }
  refuseUnreadable(metadata, files);
  const filtered = filter === undefined ? [] : [...columnsIn(filter)].map((name) => columnNamed(schema, name));
  const read = [...new Map([...wanted, ...filtered].map((field) => [field.id, field])).values()];
  for (const field of read) refuseEvolvedNesting(metadata, field);
  const groups = Map.groupBy(files, (file) => schemaMapSql(file, read, metadata));
  const reads = [...groups].map(([schemaMap, group]) => {
    const paths = group.map(({ location }) => sqlText(pathOf(location))).join(", ");
    return `read_parquet([${paths}], schema := ${schemaMap}, hive_partitioning := false)`;
  });
  const [first = ""] = reads;
  const from = reads.length === 1 ? first : `(${reads.map((each) => `SELECT * FROM ${each}`).join(" UNION ALL ")})`;
  const where = filter === undefined ? "" : ` WHERE ${predicateSql(schema, filter)}`;
  return `(SELECT ${wanted.map(({ name }) => sqlName(name)).join(", ")} FROM ${from}${where})`;
}

/** The schema map by which to read a file; nearly always the same for all files of a table. */
function schemaMapSql(file: DataFile, fields: readonly Field[], metadata: TableMetadata): string {
  const entries = fields.map((field) => {
    const value = absentValue(file, field, metadata) ?? initialValue(field);
    const fallback = value === undefined ? "NULL" : sqlText(value);
    return `${field.id}: {name: ${sqlText(field.name)}, type: ${sqlText(sqlType(field.type))}, default_value: ${fallback}}`;
  });
  return `MAP {${entries.join(", ")}}`;
}

function initialValue({ type, initialDefault }: Field): string | undefined {
  return initialDefault === undefined || initialDefault === null ? undefined : defaultText(type, initialDefault);
}

/**
 * The partition's value of a column that the file may not hold: files taken over from Hive leave their partition columns
 * out, and their metrics do not always say so. Tables made here say that no file does, and are read in one piece.
 *
 * @see https://iceberg.apache.org/spec/#column-projection
 */
function absentValue(file: DataFile, field: Field, metadata: TableMetadata): string | undefined {
  if (!isPrimitive(field.type) || metadata.properties[FILES_HOLD_PARTITION_COLUMNS] === "true") return undefined;
  const spec = metadata.partitionSpecs.find(({ specId }) => specId === file.specId);
  const position = spec?.fields.findIndex(
    ({ sourceId, transform }) => sourceId === field.id && transform.kind === "identity",
  );
  const value = file.partition[position ?? -1];
  return value === undefined ? undefined : castText(field.type, value);
}

function columnsIn(predicate: Predicate): ReadonlySet<string> {
  if ("column" in predicate) return new Set([predicate.column]);
  const parts = "not" in predicate ? [predicate.not] : "and" in predicate ? predicate.and : predicate.or;
  return new Set(parts.flatMap((part) => [...columnsIn(part)]));
}

function refuseUnreadable({ properties, location }: TableMetadata, files: readonly DataFile[]): void {
  const other = files.find(({ format }) => format !== "parquet");
  if (other !== undefined) {
    throw new LakeUnsupportedError(
      `Cannot read ${location}: ${other.location} is ${other.format}, and only Parquet is read`,
    );
  }
  // Files without field ids would be read as if they had none of the columns, without an error.
  if (properties["schema.name-mapping.default"] === undefined) return;
  throw new LakeUnsupportedError(
    `Cannot read ${location}: it finds the columns of some files by name (schema.name-mapping.default), which is not done yet`,
  );
}

/** DuckDB finds the fields within a struct, list or map by name and place: right only while those never changed. */
function refuseEvolvedNesting({ schemas, location }: TableMetadata, { id, name, type }: Field): void {
  if (isPrimitive(type)) return;
  const others = schemas.flatMap(({ fields }) => fields.filter((field) => field.id === id));
  if (others.every((other) => sameType(other.type, type))) return;
  throw new LakeUnsupportedError(
    `Cannot read column ${name} of ${location}: the fields within it have changed, which is not followed yet`,
  );
}
