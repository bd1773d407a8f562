import { type Abortable, InvalidInputError } from "../../base/index.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { SqlRunner } from "../write/sql-runner.ts";
import { partitionEndMs } from "./closed-partition.ts";
import type { CompactTools } from "./compact.ts";
import { compactionFiles } from "./compaction-files.ts";
import { type CompactionFile, type CompactionPlanOptions, planCompaction } from "./compaction-plan.ts";
import { isBelow, normalLocation } from "./locations.ts";
import { nowMsOf } from "./maintenance-context.ts";
import { type CompactProgress, type CompactReport, NOTHING_REWRITTEN, rewriteGroups } from "./rewrite-groups.ts";
import { durationProperty, numberProperty } from "./table-properties.ts";

/** Where old rows go, by a table's properties. */
export interface TieringPolicy {
  /** `k2.tiering.cold-after`: a partition is cold so long after the end of its time; 30d, … */
  readonly coldAfterMs: number;
  /** `k2.tiering.cold-path`: folder of the files of cold partitions, such as a larger disk or a cheaper bucket. */
  readonly coldPath: string;
  /** `k2.tiering.compression-level`: zstd, default 12. */
  readonly compressionLevel: number;
}

export interface TierInput {
  readonly run: SqlRunner["run"];
  readonly onProgress?: ((progress: CompactProgress) => void) | undefined;
}

const COMPRESSION_LEVEL = 12;
const TARGET_BYTES = 100_000_000;
const GROUP_TARGETS = 8;

/** @returns undefined for a table whose rows stay where they are. @throws {InvalidInputError} for half a policy */
export function tieringPolicy(metadata: TableMetadata): TieringPolicy | undefined {
  const coldAfterMs = durationProperty(metadata, "k2.tiering.cold-after");
  const coldPath = metadata.properties["k2.tiering.cold-path"];
  if (coldAfterMs === undefined && coldPath === undefined) return undefined;
  if (coldAfterMs === undefined || coldPath === undefined) {
    throw new InvalidInputError(
      `Cannot tier ${metadata.location}: k2.tiering.cold-after and k2.tiering.cold-path go together. Nothing was moved`,
    );
  }
  const compressionLevel = numberProperty(metadata, "k2.tiering.compression-level") ?? COMPRESSION_LEVEL;
  return { coldAfterMs, coldPath: coldPath.replace(/\/+$/, ""), compressionLevel };
}

/**
 * Writes the files of cold partitions anew in the cold folder, sorted and packed more tightly; the table stays one table and
 * every reader finds them. The old files go when the snapshots that need them expire.
 *
 * @returns undefined for a table without a policy
 */
export async function tierTable(
  context: CompactTools,
  name: string,
  input: TierInput,
  options: Abortable = {},
): Promise<CompactReport | undefined> {
  const table = await context.table(name);
  const { metadata, snapshot } = table;
  const policy = tieringPolicy(metadata);
  if (policy === undefined) return undefined;
  if (snapshot === undefined) return NOTHING_REWRITTEN;
  using _pin = context.pins.pin(name, snapshot.snapshotId);
  const coldBeforeMs = nowMsOf(context) - policy.coldAfterMs;
  const folder = normalLocation(policy.coldPath);
  const isWarm = (file: DataFile): boolean => {
    const endMs = partitionEndMs(metadata, file);
    return endMs !== undefined && endMs <= coldBeforeMs && !isBelow(folder, normalLocation(file.location));
  };
  const warm = (await compactionFiles(table)).filter(({ file }) => isWarm(file));
  const targetBytes = numberProperty(metadata, "write.target-file-size-bytes") ?? TARGET_BYTES;
  const groups = planCompaction(warm.map(asPoor), planOptions(targetBytes));
  const { coldPath: dataPath, compressionLevel } = policy;
  // Awaited here, so that the snapshot is pinned until its files are read.
  return await rewriteGroups(
    context,
    { table, snapshot },
    groups,
    { ...input, what: "tier", dataPath, compressionLevel },
    options,
  );
}

/** Whatever its size, it has to move: as a file with deletes is rewritten whatever its size. */
function asPoor({ file, deleteFiles }: CompactionFile): CompactionFile {
  return { file, deleteFiles: Math.max(1, deleteFiles) };
}

function planOptions(targetBytes: number): CompactionPlanOptions {
  return { targetBytes, groupBytesMax: GROUP_TARGETS * targetBytes, filesMin: 2, depthOf: () => "full" };
}
