import type { PartitionField } from "../core/partition-spec.ts";
import { type Transform, transformResult, transformText } from "../core/transform.ts";
import { type PrimitiveType, typeText } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { parseValue } from "../core/value-text.ts";
import { sqlName, sqlValue } from "../duckdb/duckdb-sql.ts";
import { LakeUnsupportedError } from "../errors.ts";

/** One partition field as SQL over the source column. */
export interface PartitionColumn {
  /** Selects the partition value as text, or NULL. */
  readonly textSql: string;
  read(text: string): Value;
  /** True exactly of the partition's rows. */
  conditionSql(value: Value | undefined): string;
}

/** @throws {LakeUnsupportedError} for a transform or type that SQL cannot express exactly */
export function partitionColumn(field: PartitionField, columnName: string, source: PrimitiveType): PartitionColumn {
  const { transform } = field;
  const name = sqlName(columnName);
  if (transform.kind === "void") {
    return { textSql: "NULL::VARCHAR", read: (text) => text, conditionSql: () => "true" };
  }
  if (transform.kind === "identity") return identityColumn(name, source);
  const expression = transformSql(transform, columnName, source);
  const result = transformResult(transform, source);
  const isNumber = result.kind === "int" || result.kind === "date";
  return {
    textSql: `CAST(${expression} AS VARCHAR)`,
    read: (text) => (isNumber ? BigInt(text) : parseValue(result, text)),
    conditionSql: (value) =>
      value === undefined ? `${name} IS NULL` : `${expression} = ${isNumber ? String(value) : sqlValue(result, value)}`,
  };
}

function identityColumn(name: string, source: PrimitiveType): PartitionColumn {
  if (source.kind === "float" || source.kind === "double") {
    throw new LakeUnsupportedError(
      `Cannot partition rows by the ${source.kind} column ${name}: 0 and −0 would share a partition`,
    );
  }
  const isBytes = source.kind === "binary" || source.kind === "fixed";
  return {
    textSql: isBytes ? `hex(${name})` : `CAST(${name} AS VARCHAR)`,
    read: (text) => parseValue(source, text),
    conditionSql: (value) => (value === undefined ? `${name} IS NULL` : `${name} = ${sqlValue(source, value)}`),
  };
}

/**
 * The transform of a column in DuckDB's SQL; also used to sort by it. Times go through whole microseconds, so the
 * connection's time zone does not matter.
 */
export function transformSql(transform: Transform, columnName: string, source: PrimitiveType): string {
  const name = sqlName(columnName);
  switch (transform.kind) {
    case "identity":
      return name;
    case "hour":
      return floorSql(ticks(name, source), ticksPerHour(source));
    case "day":
      return daySql(name, source);
    case "month":
      return `((year(${dateSql(name, source)}) - 1970) * 12 + month(${dateSql(name, source)}) - 1)`;
    case "year":
      return `(year(${dateSql(name, source)}) - 1970)`;
    case "truncate":
      return truncateSql(name, source, transform.width);
    default:
      throw new LakeUnsupportedError(
        `Cannot write files partitioned or sorted by ${transformText(transform)}: DuckDB has no such function. Use identity, truncate, year, month, day or hour`,
      );
  }
}

function ticks(name: string, source: PrimitiveType): string {
  return source.kind === "timestamp_ns" ? `epoch_ns(${name})` : `epoch_us(${name})`;
}

function ticksPerHour(source: PrimitiveType): string {
  return source.kind === "timestamp_ns" ? "3600000000000" : "3600000000";
}

function daySql(name: string, source: PrimitiveType): string {
  if (source.kind === "date") return `(${name} - DATE '1970-01-01')`;
  return floorSql(ticks(name, source), `(24 * ${ticksPerHour(source)})`);
}

function dateSql(name: string, source: PrimitiveType): string {
  return source.kind === "date" ? name : `(DATE '1970-01-01' + ${daySql(name, source)}::INTEGER)`;
}

/** DuckDB's // and % round towards zero. */
function floorSql(value: string, by: string): string {
  return `((${value} - ((${value} % ${by}) + ${by}) % ${by}) // ${by})`;
}

function truncateSql(name: string, source: PrimitiveType, width: number): string {
  switch (source.kind) {
    case "int":
    case "long":
      return `(${name} - (((${name} % ${width}) + ${width}) % ${width}))`;
    case "string":
      return `left(${name}, ${width})`;
    default:
      throw new LakeUnsupportedError(
        `Cannot write files partitioned or sorted by truncate of a ${typeText(source)} column`,
      );
  }
}
