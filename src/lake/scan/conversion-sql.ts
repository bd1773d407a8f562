import { type Field, isPrimitive, type PrimitiveType, type StructType, type Type, typeText } from "../core/types.ts";
import { defaultText, sqlName, sqlText } from "../duckdb/duckdb-sql.ts";
import { readType } from "../duckdb/read-type.ts";
import { LakeUnsupportedError } from "../errors.ts";

/**
 * SQL of a value as the table has it now, from one as the file has it: fields are found by id, so that renamed, moved,
 * widened, added and dropped ones come right at every depth.
 * Nanoseconds in UTC are read as nanoseconds without a zone: see {@link leaseCopies}.
 *
 * @throws {LakeUnsupportedError} where a value of the one type is none of the other
 */
export function conversionSql(sql: string, from: Type, to: Type, depth = 0): string {
  if (isSameLayout(from, to)) return sql;
  if (isPrimitive(to)) {
    if (!isPrimitive(from)) throw mismatch(from, to);
    return primitiveSql(sql, from, to);
  }
  if (to.kind === "struct" && from.kind === "struct") return guarded(sql, structSql(sql, from, to, depth));
  if (to.kind === "list" && from.kind === "list") {
    const item = `x${depth}`;
    return `list_transform(${sql}, lambda ${item}: ${conversionSql(item, from.element, to.element, depth + 1)})`;
  }
  if (to.kind === "map" && from.kind === "map") {
    const entry = `x${depth}`;
    const key = conversionSql(`${entry}."key"`, from.key, to.key, depth + 1);
    const value = conversionSql(`${entry}."value"`, from.value, to.value, depth + 1);
    const entries = `list_transform(map_entries(${sql}), lambda ${entry}: struct_pack("key" := ${key}, "value" := ${value}))`;
    return guarded(sql, `map_from_entries(${entries})`);
  }
  throw mismatch(from, to);
}

function guarded(sql: string, value: string): string {
  return `CASE WHEN ${sql} IS NULL THEN NULL ELSE ${value} END`;
}

function structSql(sql: string, from: StructType, to: StructType, depth: number): string {
  const parts = to.fields.map((field) => {
    const source = from.fields.find(({ id }) => id === field.id);
    const value =
      source === undefined
        ? absentSql(field)
        : conversionSql(`struct_extract(${sql}, ${sqlText(source.name)})`, source.type, field.type, depth);
    return `${sqlName(field.name)} := ${value}`;
  });
  return `struct_pack(${parts.join(", ")})`;
}

/** A field in a file that was written before it was added. */
export function absentSql({ type, initialDefault }: Field): string {
  const isNone = initialDefault === undefined || initialDefault === null;
  return `CAST(${isNone ? "NULL" : sqlText(defaultText(type, initialDefault))} AS ${readType(type)})`;
}

/** Whether DuckDB reads the one as the other by itself: the same type, and within it the same names in the same order. */
export function isSameLayout(from: Type, to: Type): boolean {
  if (from.kind === "struct" && to.kind === "struct") {
    return (
      from.fields.length === to.fields.length &&
      from.fields.every((field, index) => {
        const other = to.fields[index];
        return other?.id === field.id && other.name === field.name && isSameLayout(field.type, other.type);
      })
    );
  }
  if (from.kind === "list" && to.kind === "list") return isSameLayout(from.element, to.element);
  if (from.kind === "map" && to.kind === "map") {
    return isSameLayout(from.key, to.key) && isSameLayout(from.value, to.value);
  }
  if (isBytes(from) && isBytes(to)) return true;
  return isPrimitive(from) && isPrimitive(to) && typeText(from) === typeText(to);
}

function isWallTime({ kind }: Type): boolean {
  return kind === "timestamp" || kind === "timestamp_ns";
}

function isBytes({ kind }: Type): boolean {
  return kind === "binary" || kind === "fixed";
}

function primitiveSql(sql: string, from: PrimitiveType, to: PrimitiveType): string {
  const type = readType(to);
  // Between instants and wall times by UTC, whatever the session's zone.
  if (from.kind === "timestamptz" && to.kind !== "timestamptz") return `CAST((${sql} AT TIME ZONE 'UTC') AS ${type})`;
  if (isWallTime(from) && to.kind === "timestamptz") return `(CAST(${sql} AS TIMESTAMP) AT TIME ZONE 'UTC')`;
  if (isBytes(from) && to.kind === "string") return `decode(${sql})`;
  if (isBytes(from) && to.kind === "uuid") return `CAST(hex(${sql}) AS UUID)`;
  return `CAST(${sql} AS ${type})`;
}

function mismatch(from: Type, to: Type): LakeUnsupportedError {
  return new LakeUnsupportedError(`Cannot read a ${typeText(from)} as a ${typeText(to)}`);
}
