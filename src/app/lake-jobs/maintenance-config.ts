import { Cron } from "croner";
import Type from "typebox";
import { describeError, InvalidInputError } from "../../base/index.ts";

const whole = (value: number, minimum: number, description: string) =>
  Type.Integer({ minimum, default: value, description });

/** `lake.maintenance` of the configuration. */
export const MaintenanceSchema: Type.TObject<{
  enabled: Type.TBoolean;
  hourly: Type.TString;
  daily: Type.TString;
  weekly: Type.TString;
  targetFileBytes: Type.TInteger;
  snapshotAgeHours: Type.TInteger;
  orphanAgeHours: Type.TInteger;
  snapshotsMax: Type.TInteger;
  smallFilesMax: Type.TInteger;
  memoryBytes: Type.TInteger;
  threads: Type.TInteger;
}> = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: "false: nobody compacts and expires, until `k2 lake` is asked to",
    }),
    hourly: Type.String({
      default: "7 * * * *",
      description: "Cron, UTC: merge small files of today, expire snapshots",
    }),
    daily: Type.String({
      default: "20 0 * * *",
      description: "Cron, UTC: final files of closed days, retention, manifests",
    }),
    weekly: Type.String({ default: "30 2 * * 0", description: "Cron, UTC: remove files that nothing refers to" }),
    targetFileBytes: whole(100_000_000, 1_000_000, "Size of final files; a table's write.target-file-size-bytes wins"),
    snapshotAgeHours: whole(120, 1, "How far time travel reaches back; tags reach further, a table's own setting wins"),
    orphanAgeHours: whole(72, 1, "A file that nothing refers to goes when it is older than this"),
    snapshotsMax: whole(20_000, 1, "Warn when a table has more snapshots than this"),
    smallFilesMax: whole(5_000, 1, "Warn when a table has more small files than this"),
    memoryBytes: whole(536_870_912, 67_108_864, "What the DuckDB of a job may use; beyond it, it sorts on disk"),
    threads: whole(1, 1, "Of a job; one leaves the others to capture and queries"),
  },
  { additionalProperties: false, default: {} },
);

export interface MaintenanceConfig {
  readonly enabled: boolean;
  readonly hourly: string;
  readonly daily: string;
  readonly weekly: string;
  readonly targetFileBytes: number;
  readonly snapshotAgeHours: number;
  readonly orphanAgeHours: number;
  readonly snapshotsMax: number;
  readonly smallFilesMax: number;
  readonly memoryBytes: number;
  readonly threads: number;
}

/** @throws {InvalidInputError} for a schedule that is no cron pattern, or never comes */
export function checkSchedules(config: MaintenanceConfig): void {
  for (const name of ["hourly", "daily", "weekly"] as const) {
    try {
      if (nextRunMs(config[name], Date.UTC(2026, 0)) !== Number.POSITIVE_INFINITY) continue;
    } catch (cause) {
      throw new InvalidInputError(
        `The configuration is not valid; K2 did not start:\n  lake.maintenance.${name}: ${JSON.stringify(config[name])} is no ` +
          `cron pattern (minute hour day month weekday), such as "20 0 * * *": ${describeError(cause)}`,
        { cause },
      );
    }
    throw new InvalidInputError(`lake.maintenance.${name}: ${JSON.stringify(config[name])} never comes`);
  }
}

/** When the schedule comes next after a time, milliseconds since the epoch; infinity where it never does. */
export function nextRunMs(schedule: string, afterMs: number): number {
  const next = new Cron(schedule, { timezone: "UTC", paused: true }).nextRun(new Date(afterMs));
  return next?.getTime() ?? Number.POSITIVE_INFINITY;
}
