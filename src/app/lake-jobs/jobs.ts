import type { Abortable } from "../../base/index.ts";
import { describeDuration, type Lake, type SqlRunner } from "../../lake/index.ts";
import type { MaintenanceConfig } from "./maintenance-config.ts";

export interface JobTools {
  readonly lake: Lake;
  /** Opened at the first need. */
  readonly run: SqlRunner["run"];
  readonly config: MaintenanceConfig;
}

/** One kind of upkeep. */
export interface LakeJob {
  readonly name: string;
  /** A cron pattern, UTC. */
  readonly schedule: string;
  /** Does it to one table. @returns what was done, in words; undefined where there was nothing to do */
  run(table: string, tools: JobTools, options: Abortable): Promise<string | undefined>;
}

const HOUR_MS = 3_600_000;

export function lakeJobs(config: MaintenanceConfig): readonly LakeJob[] {
  return [
    {
      name: "compact-hourly",
      schedule: config.hourly,
      run: (table, tools, options) => compact("hourly", table, tools, options),
    },
    {
      name: "compact-daily",
      schedule: config.daily,
      run: (table, tools, options) => compact("daily", table, tools, options),
    },
    { name: "tiering", schedule: config.daily, run: tier },
    { name: "retention", schedule: config.daily, run: applyRetention },
    { name: "manifests", schedule: config.daily, run: rewriteManifests },
    { name: "expire", schedule: config.hourly, run: expire },
    { name: "orphans", schedule: config.weekly, run: removeOrphans },
  ];
}

async function compact(
  mode: "hourly" | "daily",
  table: string,
  { lake, run, config }: JobTools,
  options: Abortable,
): Promise<string | undefined> {
  const report = await lake.maintenance.compact(table, { run, mode, targetBytes: config.targetFileBytes }, options);
  if (report.groups + report.conflicts === 0) return undefined;
  const conflicts = report.conflicts === 0 ? "" : `, ${report.conflicts} groups left to the next run`;
  return (
    `${report.filesBefore} files became ${report.filesAfter}, ${megabytes(report.bytesBefore)} became ` +
    `${megabytes(report.bytesAfter)}, ${report.rows} rows in ${report.commits} commits${conflicts}`
  );
}

async function tier(table: string, { lake, run }: JobTools, options: Abortable): Promise<string | undefined> {
  const report = await lake.maintenance.tier(table, { run }, options);
  if (report === undefined || report.groups + report.conflicts === 0) return undefined;
  return `${report.filesBefore} files (${megabytes(report.bytesBefore)}) became ${report.filesAfter} (${megabytes(report.bytesAfter)}) in the cold folder`;
}

async function applyRetention(table: string, { lake, run }: JobTools, options: Abortable): Promise<string | undefined> {
  const report = await lake.maintenance.applyRetention(table, { run }, options);
  if (report === undefined || report.files + report.rows === 0) return undefined;
  return `${report.rows} rows before ${new Date(report.beforeMs).toISOString()} removed, ${report.files} whole files among them`;
}

async function rewriteManifests(table: string, { lake }: JobTools, options: Abortable): Promise<string | undefined> {
  return (await lake.maintenance.rewriteManifests(table, {}, options))
    ? "manifests written anew, by partition"
    : undefined;
}

async function expire(table: string, { lake, config }: JobTools, options: Abortable): Promise<string | undefined> {
  // The table's own settings win over the configuration's.
  const { properties } = (await lake.table(table)).metadata;
  const own = properties["history.expire.max-snapshot-age-ms"] !== undefined;
  const policy = { snapshotAgeMs: own ? undefined : config.snapshotAgeHours * HOUR_MS };
  const report = await lake.maintenance.expire(table, policy, options);
  if (report.snapshots + report.refs.length === 0) return undefined;
  const refs = report.refs.length === 0 ? "" : `, ${report.refs.join(", ")} gone by age`;
  return `${report.snapshots} snapshots forgotten, ${report.filesRemoved} files (${megabytes(report.bytesRemoved)}) removed${refs}`;
}

async function removeOrphans(
  table: string,
  { lake, config }: JobTools,
  options: Abortable,
): Promise<string | undefined> {
  const graceMs = config.orphanAgeHours * HOUR_MS;
  const report = await lake.maintenance.orphans(table, { graceMs, isRemoving: true }, options);
  if (report.orphans.length === 0) return undefined;
  return `${report.filesRemoved} files (${megabytes(report.bytesRemoved)}) that nothing referred to for ${describeDuration(graceMs)} removed`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 2 : 0)} MB`;
}
