import type { PrimitiveType } from "../core/types.ts";

/** The type in which DuckDB holds values of a column: of a `timestamptz_ns`, for which it has none, the same time in UTC. */
export function asWritten(type: PrimitiveType): PrimitiveType {
  return type.kind === "timestamptz_ns" ? { kind: "timestamp_ns" } : type;
}

/** The unscaled value of a decimal column as a HUGEINT. DuckDB prints every digit behind the point, so the text without it is the value. */
export function decimalSql(name: string, scale: number): string {
  const text = `CAST(${name} AS VARCHAR)`;
  return `CAST(${scale === 0 ? text : `replace(${text}, '.', '')`} AS HUGEINT)`;
}

/** A whole-number, date or time column as the number that stands for it: days, microseconds, nanoseconds. */
export function microsSql(name: string, source: PrimitiveType): string {
  switch (source.kind) {
    case "date":
      return `CAST(${name} - DATE '1970-01-01' AS BIGINT)`;
    case "time":
      return `(CAST(epoch_us(${name}) AS BIGINT))`;
    case "timestamp":
    case "timestamptz":
      return `epoch_us(${name})`;
    case "timestamp_ns":
    case "timestamptz_ns":
      return `epoch_ns(${name})`;
    default:
      return `CAST(${name} AS BIGINT)`;
  }
}
