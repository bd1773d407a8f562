import { DuckDBTimestampTZValue, type DuckDBValue } from "@duckdb/node-api";
import { type QualityMinute, SOURCES } from "../../domain/index.ts";

/** In the order of QUALITY_LAYOUT.columns. */
export function qualityValues(minute: QualityMinute, position: readonly DuckDBValue[]): readonly DuckDBValue[] {
  const { latency } = minute;
  return [
    minute.listing,
    new DuckDBTimestampTZValue(BigInt(minute.startUs)),
    BigInt(minute.trades),
    BigInt(minute.duplicates),
    BigInt(minute.refused),
    BigInt(minute.outOfOrder),
    BigInt(minute.gapUs),
    long(latency?.minUs),
    long(latency?.p50Us),
    long(latency?.p99Us),
    long(latency?.maxUs),
    BigInt(minute.priceOutliers),
    BigInt(minute.sizeOutliers),
    minute.outlierIds.join(","),
    long(minute.divergencePpm),
    long(minute.expectedTrades),
    minute.flags.join(","),
    SOURCES[minute.source] ?? "import",
    ...position,
  ];
}

function long(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}
