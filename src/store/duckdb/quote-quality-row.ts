import { DuckDBTimestampTZValue, type DuckDBValue } from "@duckdb/node-api";
import { type QuoteMinute, SOURCES } from "../../domain/index.ts";

/** In the order of QUOTE_QUALITY_LAYOUT.columns. */
export function quoteQualityValues(minute: QuoteMinute, position: readonly DuckDBValue[]): readonly DuckDBValue[] {
  const { spread, locked, crossed } = minute;
  return [
    minute.listing,
    new DuckDBTimestampTZValue(BigInt(minute.startUs)),
    BigInt(minute.changes),
    BigInt(minute.quotedUs),
    BigInt(minute.ownCrossedUs),
    BigInt(minute.comparedUs),
    BigInt(locked?.us ?? 0),
    BigInt(crossed?.us ?? 0),
    long(spread?.minPpb),
    long(spread?.meanPpb),
    long(spread?.maxPpb),
    locked?.venue ?? null,
    crossed?.venue ?? null,
    long(minute.crossedMaxPpb),
    minute.flags.join(","),
    SOURCES[minute.source] ?? "import",
    ...position,
  ];
}

function long(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}
