import type { Abortable } from "../../base/index.ts";
import type { Table } from "../table.ts";
import type { SqlRunner } from "../write/sql-runner.ts";
import { partitionEndMs } from "./closed-partition.ts";
import { compactionFiles } from "./compaction-files.ts";
import {
  type CompactionDepth,
  type CompactionGroup,
  type CompactionPartition,
  planCompaction,
} from "./compaction-plan.ts";
import { type MaintenanceContext, nowMsOf } from "./maintenance-context.ts";
import type { SnapshotPins } from "./pins.ts";
import {
  type CompactProgress,
  type CompactReport,
  NOTHING_REWRITTEN,
  type RewriteTools,
  rewriteGroups,
} from "./rewrite-groups.ts";
import { numberProperty } from "./table-properties.ts";

export interface CompactInput {
  /** A DuckDB connection for this alone; its `memory_limit` and `temp_directory` bound what sorting takes. */
  readonly run: SqlRunner["run"];
  /**
   * `hourly` merges small files of partitions that still grow, tier by tier. `daily` also makes the final files of those
   * that are closed. `all` takes every partition for closed. Default `daily`.
   */
  readonly mode?: "hourly" | "daily" | "all" | undefined;
  /** Of a file; the table's `write.target-file-size-bytes`, else 100,000,000. */
  readonly targetBytes?: number | undefined;
  /** Read and sorted at once, at most; default eight targets. */
  readonly groupBytesMax?: number | undefined;
  /** Files of about one size before an open partition's are merged; default 8. */
  readonly filesMin?: number | undefined;
  /** A partition counts as closed so long after the end of its time; default 15 minutes. */
  readonly closedAfterMs?: number | undefined;
  /** zstd; default 9 for final files, 3 for those that are merged again. */
  readonly compressionLevel?: number | undefined;
  /** Only plans. */
  readonly isDryRun?: boolean | undefined;
  readonly onProgress?: ((progress: CompactProgress) => void) | undefined;
}

const TARGET_BYTES = 100_000_000;
const CLOSED_AFTER_MS = 900_000;
const FILES_MIN = 8;

export interface CompactTools extends RewriteTools {
  readonly pins: SnapshotPins;
}

/**
 * Replaces many small files by few sorted ones with exactly the same rows, deletes applied. Rows are compared before
 * anything is committed. Appends meanwhile do not conflict, and readers of earlier snapshots keep their files until those
 * expire. Dying at any point leaves the table as it was and at worst files that nobody refers to.
 *
 * @throws {RowsMismatchError} when what was written is not what was read; nothing of that group is committed
 */
export async function compact(
  context: CompactTools,
  name: string,
  input: CompactInput,
  { signal }: Abortable = {},
): Promise<CompactReport> {
  const table = await context.table(name);
  const { snapshot } = table;
  if (snapshot === undefined) return NOTHING_REWRITTEN;
  using _pin = context.pins.pin(name, snapshot.snapshotId);
  const groups = await planTable(context, table, input);
  if (input.isDryRun === true) return planned(groups);
  // Awaited here, so that the snapshot is pinned until its files are read.
  return await rewriteGroups(context, { table, snapshot }, groups, { ...input, what: "compact" }, { signal });
}

async function planTable(
  context: MaintenanceContext,
  table: Table,
  input: Omit<CompactInput, "run">,
): Promise<readonly CompactionGroup[]> {
  const { metadata } = table;
  const { mode = "daily", closedAfterMs = CLOSED_AFTER_MS, filesMin = FILES_MIN } = input;
  const targetBytes = Math.max(
    1,
    input.targetBytes ?? numberProperty(metadata, "write.target-file-size-bytes") ?? TARGET_BYTES,
  );
  const closedBeforeMs = nowMsOf(context) - closedAfterMs;
  const depthOf = (partition: CompactionPartition): CompactionDepth => {
    if (mode === "all") return "full";
    const endMs = mode === "hourly" ? undefined : partitionEndMs(metadata, partition);
    return endMs !== undefined && endMs <= closedBeforeMs ? "full" : "tiers";
  };
  const files = await compactionFiles(table);
  const groupBytesMax = Math.max(targetBytes, input.groupBytesMax ?? 8 * targetBytes);
  return planCompaction(files, { targetBytes, groupBytesMax, filesMin, depthOf });
}

function planned(groups: readonly CompactionGroup[]): CompactReport {
  const sum = (of: (group: CompactionGroup) => number): number => groups.reduce((total, each) => total + of(each), 0);
  return {
    ...NOTHING_REWRITTEN,
    groups: groups.length,
    filesBefore: sum(({ files }) => files.length),
    filesAfter: sum(({ filesAfter }) => filesAfter),
    bytesBefore: sum(({ bytes }) => bytes),
    rows: sum(({ rows }) => rows),
  };
}
