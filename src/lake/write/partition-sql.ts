import type { PartitionField } from "../core/partition-spec.ts";
import { encodeValue } from "../core/single-value.ts";
import { type Transform, transformResult, transformText, wrappedPartition } from "../core/transform.ts";
import { type PrimitiveType, typeText } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { parseValue } from "../core/value-text.ts";
import { sqlName, sqlText, sqlValue } from "../duckdb/duckdb-sql.ts";
import { LakeUnsupportedError } from "../errors.ts";
import { bound, hashSql } from "./murmur3-sql.ts";
import { asWritten, decimalSql } from "./value-sql.ts";

/** One partition field as SQL over the source column. */
export interface PartitionColumn {
  /** Selects the partition value as text, or NULL. */
  readonly textSql: string;
  read(text: string): Value;
  /** True exactly of the partition's rows. */
  conditionSql(value: Value | undefined): string;
}

/** @throws {LakeUnsupportedError} for a transform of a later format version */
export function partitionColumn(field: PartitionField, columnName: string, source: PrimitiveType): PartitionColumn {
  const { transform } = field;
  const name = sqlName(columnName);
  if (transform.kind === "void") {
    return { textSql: "NULL::VARCHAR", read: (text) => text, conditionSql: () => "true" };
  }
  if (transform.kind === "identity") return identityColumn(name, source);
  const expression = transformSql(transform, columnName, source);
  const result = transformResult(transform, source);
  if (result.kind === "binary" || result.kind === "fixed" || result.kind === "string") {
    return textColumn(name, expression, result);
  }
  return {
    textSql: `CAST(${expression} AS VARCHAR)`,
    read: BigInt, // All others are whole numbers here, decimals their unscaled values.
    conditionSql: (value) => (value === undefined ? `${name} IS NULL` : `${expression} = ${String(value)}`),
  };
}

function identityColumn(name: string, source: PrimitiveType): PartitionColumn {
  if (source.kind === "float" || source.kind === "double") return floatColumn(name, source);
  if (source.kind === "binary" || source.kind === "fixed") return textColumn(name, `hex(${name})`, source);
  return {
    textSql: `CAST(${name} AS VARCHAR)`,
    read: (text) => parseValue(asWritten(source), text),
    conditionSql: (value) => (value === undefined ? `${name} IS NULL` : `${name} = ${sqlValue(source, value)}`),
  };
}

/** By text: DuckDB prints as many digits as tell a number from its neighbours, and tells 0 from −0, which are equal to it. */
function floatColumn(name: string, source: PrimitiveType): PartitionColumn {
  const text = `CAST(${name} AS VARCHAR)`;
  const read = (value: string): number => {
    const number = parseValue({ kind: "double" }, value) as number;
    return source.kind === "float" ? Math.fround(number) : number;
  };
  const bits = (value: Value): string => Buffer.from(encodeValue({ kind: "double" }, value)).toString("hex");
  const texts = new Map<string, string>();
  return {
    textSql: text,
    read: (value) => {
      const number = read(value);
      texts.set(bits(number), value);
      return number;
    },
    conditionSql: (value) =>
      value === undefined ? `${name} IS NULL` : `${text} = ${sqlText(texts.get(bits(value)) ?? String(value))}`,
  };
}

/** Of strings, and of bytes by their hexadecimal text. */
function textColumn(name: string, expression: string, result: PrimitiveType): PartitionColumn {
  const isBytes = result.kind !== "string";
  return {
    textSql: expression,
    read: (text) => parseValue(result, text),
    conditionSql: (value) => {
      if (value === undefined) return `${name} IS NULL`;
      const text = isBytes
        ? Buffer.from(value as Uint8Array)
            .toString("hex")
            .toUpperCase()
        : String(value);
      return `${expression} = ${sqlText(text)}`;
    },
  };
}

/**
 * The transform of a column in DuckDB's SQL; also used to sort by it. Times go through whole microseconds, so the
 * connection's time zone does not matter. Decimals become their unscaled values and bytes their hexadecimal text.
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
    case "bucket":
      return `CAST((${hashSql(name, source)} & 2147483647) % ${transform.buckets} AS BIGINT)`;
    default:
      throw new LakeUnsupportedError(
        `Cannot write files partitioned or sorted by ${transformText(transform)}: this library does not know it`,
      );
  }
}

function ticks(name: string, source: PrimitiveType): string {
  return isNanoseconds(source) ? `epoch_ns(${name})` : `epoch_us(${name})`;
}

function ticksPerHour(source: PrimitiveType): string {
  return isNanoseconds(source) ? "3600000000000" : "3600000000";
}

function isNanoseconds({ kind }: PrimitiveType): boolean {
  return kind === "timestamp_ns" || kind === "timestamptz_ns";
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
      return truncateWholeSql(name, source, width);
    case "decimal":
      return bound(decimalSql(name, source.scale), (unscaled) => floorTo(unscaled, `${width}::HUGEINT`));
    case "string":
      return `left(${name}, ${width})`;
    case "binary":
    case "fixed":
      return `left(hex(${name}), ${width * 2})`;
    default:
      throw new LakeUnsupportedError(
        `Cannot write files partitioned or sorted by truncate of a ${typeText(source)} column`,
      );
  }
}

/** Below the last multiple that the type holds, DuckDB would refuse to make the next: it is a constant. */
function truncateWholeSql(name: string, source: PrimitiveType, width: number): string {
  const floor = floorTo(name, String(width));
  const least = wrappedPartition(source, width);
  if (least === undefined) return floor;
  const type = source.kind === "int" ? "INTEGER" : "BIGINT";
  const bits = source.kind === "int" ? 32n : 64n;
  const firstMultiple = least - (1n << bits) + BigInt(width);
  return `(CASE WHEN ${name} < ${firstMultiple} THEN ${least}::${type} ELSE ${floor} END)`;
}

function floorTo(value: string, width: string): string {
  return `(${value} - (((${value} % ${width}) + ${width}) % ${width}))`;
}
