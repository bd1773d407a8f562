import { daysFromCivil } from "../core/calendar.ts";
import type { Transform } from "../core/transform.ts";
import type { Value } from "../core/value.ts";
import { specById, type TableMetadata } from "../metadata/table-metadata.ts";
import type { CompactionPartition } from "./compaction-plan.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * When the time that a partition stands for ends, milliseconds since the epoch; undefined where no field of its spec is a
 * part of time. Of several, the earliest end counts.
 */
export function partitionEndMs(
  metadata: TableMetadata,
  { specId, partition }: CompactionPartition,
): number | undefined {
  const ends = specById(metadata, specId).fields.flatMap(({ transform }, index) => {
    const end = endOf(transform, partition[index]);
    return end === undefined ? [] : [end];
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function endOf({ kind }: Transform, value: Value | undefined): number | undefined {
  if (typeof value !== "bigint") return undefined;
  const next = Number(value) + 1;
  switch (kind) {
    case "hour":
      return next * HOUR_MS;
    case "day":
      return next * DAY_MS;
    case "month":
      return startOfMonthMs(next);
    case "year":
      return startOfMonthMs(next * 12);
    default:
      return undefined;
  }
}

/** @param month since January 1970 */
function startOfMonthMs(month: number): number {
  const year = 1970 + Math.floor(month / 12);
  return Number(daysFromCivil({ year: BigInt(year), month: BigInt((((month % 12) + 12) % 12) + 1), day: 1n })) * DAY_MS;
}
