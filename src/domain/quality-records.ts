import type { RecordBatch } from "../base/index.ts";
import { codec, decode, encode, sourceIndex, sourceName } from "./event-records.ts";
import type { QualityFlag, QualityMinute } from "./quality-minute.ts";
import { QUALITY_SCHEMA } from "./quality-schema.ts";

interface QualityFields {
  readonly listing: number;
  readonly start: number;
  readonly trades: number;
  readonly duplicates: number;
  readonly refused: number;
  readonly out_of_order: number;
  readonly gap_us: number;
  readonly latency_min_us: number | null;
  readonly latency_p50_us: number | null;
  readonly latency_p99_us: number | null;
  readonly latency_max_us: number | null;
  readonly price_outliers: number;
  readonly size_outliers: number;
  readonly outlier_ids: readonly string[];
  readonly divergence_ppm: number | null;
  readonly expected_trades: number | null;
  readonly flags: readonly string[];
  readonly source: string;
}

const minutes = codec<QualityMinute, QualityFields>(QUALITY_SCHEMA, {
  toFields: (minute) => ({
    listing: minute.listing,
    start: minute.startUs,
    trades: minute.trades,
    duplicates: minute.duplicates,
    refused: minute.refused,
    out_of_order: minute.outOfOrder,
    gap_us: minute.gapUs,
    latency_min_us: minute.latency?.minUs ?? null,
    latency_p50_us: minute.latency?.p50Us ?? null,
    latency_p99_us: minute.latency?.p99Us ?? null,
    latency_max_us: minute.latency?.maxUs ?? null,
    price_outliers: minute.priceOutliers,
    size_outliers: minute.sizeOutliers,
    outlier_ids: minute.outlierIds,
    divergence_ppm: minute.divergencePpm ?? null,
    expected_trades: minute.expectedTrades ?? null,
    flags: minute.flags,
    source: sourceName(minute.source),
  }),
  fromFields: (fields) => ({
    listing: fields.listing,
    startUs: fields.start,
    trades: fields.trades,
    duplicates: fields.duplicates,
    refused: fields.refused,
    outOfOrder: fields.out_of_order,
    gapUs: fields.gap_us,
    latency:
      fields.latency_min_us === null
        ? undefined
        : {
            minUs: fields.latency_min_us,
            p50Us: fields.latency_p50_us ?? 0,
            p99Us: fields.latency_p99_us ?? 0,
            maxUs: fields.latency_max_us ?? 0,
          },
    priceOutliers: fields.price_outliers,
    sizeOutliers: fields.size_outliers,
    outlierIds: fields.outlier_ids,
    divergencePpm: fields.divergence_ppm ?? undefined,
    expectedTrades: fields.expected_trades ?? undefined,
    flags: fields.flags as readonly QualityFlag[],
    source: sourceIndex(fields.source),
  }),
});

export function encodeQuality(values: readonly QualityMinute[]): RecordBatch {
  return encode(minutes, values);
}

/** The minutes of `batch` from record number `from` on. */
export function decodeQuality(batch: RecordBatch, from = 0): QualityMinute[] {
  return decode(minutes, batch, from);
}
