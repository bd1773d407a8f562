import {
  DuckDBBlobValue,
  type DuckDBDataChunk,
  DuckDBTimestampTZValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from "@duckdb/node-api";
import { formatInstant } from "../../domain/index.ts";

/** Beyond these a TIMESTAMPTZ is infinite or has no ISO 8601 text of four year digits. */
const TIME_US_MAX = 253_402_300_800_000_000n;

/** DuckDB's values as JSON-safe ones: decimals and 64-bit integers as text, instants as ISO 8601, bytes as hex. */
const convert: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (type.typeId === DuckDBTypeId.TIMESTAMP_TZ && value instanceof DuckDBTimestampTZValue) {
    const { micros } = value;
    return micros > -62_135_596_800_000_001n && micros < TIME_US_MAX ? formatInstant(Number(micros)) : String(value);
  }
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString("hex");
  return JsonDuckDBValueConverter(value, type, converter);
};

/** The first `rows` rows of a chunk. */
export function jsonRows(chunk: DuckDBDataChunk, types: readonly DuckDBType[], rows: number): unknown[][] {
  const result: unknown[][] = Array.from({ length: rows }, () => new Array<unknown>(types.length));
  for (const [column, type] of types.entries()) {
    const vector = chunk.getColumnVector(column);
    for (let row = 0; row < rows; row += 1) {
      const into = result[row];
      if (into !== undefined) into[column] = convert(vector.getItem(row), type, convert);
    }
  }
  return result;
}
