import type { DataFile } from "../manifest/data-file.ts";
import { partitionKey } from "../scan/partition-key.ts";

/** A live data file, and what planning must know beyond it. */
export interface CompactionFile {
  readonly file: DataFile;
  /** Delete files that apply to it. */
  readonly deleteFiles: number;
}

/**
 * How far a run goes.
 * - `tiers`: while rows still arrive, files of about one size are merged once there are enough of them, so that a row is
 *   rewritten with the logarithm of the partition's size and not with each run.
 * - `full`: everything that is not good already becomes one sorted set of files. For partitions that are closed.
 */
export type CompactionDepth = "tiers" | "full";

export interface CompactionPlanOptions {
  /** Of the files to be made, bytes. */
  readonly targetBytes: number;
  /** What one group may read: bounds the time and the disk that sorting it takes. At least `targetBytes`. */
  readonly groupBytesMax: number;
  /** Files of about one size before `tiers` merges them. */
  readonly filesMin: number;
  /** By the key of a group's partition. */
  readonly depthOf: (partition: CompactionPartition) => CompactionDepth;
}

export interface CompactionPartition {
  readonly specId: number;
  readonly partition: DataFile["partition"];
}

/** Files of one partition to be rewritten together, as one commit. */
export interface CompactionGroup extends CompactionPartition {
  readonly depth: CompactionDepth;
  readonly files: readonly DataFile[];
  readonly rows: number;
  readonly bytes: number;
  /** Files that should come of it. */
  readonly filesAfter: number;
}

/** From this share of the target on, a file without deletes is good as it is. */
const GOOD_SHARE = 0.7;
/** From this multiple of the target on, a file is split. */
const LARGE_SHARE = 1.8;

/**
 * Which files to rewrite together. Each group is of one partition and one spec; a file is in one group at most; what is
 * good already is in none, and so a second run after the first plans nothing.
 */
export function planCompaction(
  files: readonly CompactionFile[],
  options: CompactionPlanOptions,
): readonly CompactionGroup[] {
  const groups: CompactionGroup[] = [];
  for (const members of Map.groupBy(files, ({ file }) => partitionKey(file)).values()) {
    const [first] = members;
    if (first === undefined) continue;
    const partition = { specId: first.file.specId, partition: first.file.partition };
    const depth = options.depthOf(partition);
    const chosen = depth === "full" ? fullBatches(members, options) : tierBatches(members, options);
    for (const batch of chosen) groups.push({ ...partition, depth, ...described(batch, options.targetBytes) });
  }
  return groups;
}

function described(
  files: readonly DataFile[],
  targetBytes: number,
): Pick<CompactionGroup, "files" | "rows" | "bytes" | "filesAfter"> {
  const bytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const rows = files.reduce((sum, { recordCount }) => sum + recordCount, 0);
  return { files, rows, bytes, filesAfter: filesFor(bytes, targetBytes) };
}

/** As many as keep each near the target: 1.4 targets are one file, 1.6 are two. */
export function filesFor(bytes: number, targetBytes: number): number {
  return Math.max(1, Math.round(bytes / targetBytes));
}

function isGood({ file, deleteFiles }: CompactionFile, { targetBytes }: CompactionPlanOptions): boolean {
  return (
    deleteFiles === 0 &&
    file.byteLength >= targetBytes * GOOD_SHARE &&
    file.byteLength <= Math.max(targetBytes * LARGE_SHARE, targetBytes)
  );
}

/** All that is not good, in batches that bound what is sorted at once; a batch that would change nothing is left out. */
function fullBatches(
  members: readonly CompactionFile[],
  options: CompactionPlanOptions,
): readonly (readonly DataFile[])[] {
  const poor = members.filter((member) => !isGood(member, options));
  return packed(poor, options)
    .filter((batch) => isWorth(batch, options))
    .map((batch) => batch.map(({ file }) => file));
}

function isWorth(batch: readonly CompactionFile[], { targetBytes }: CompactionPlanOptions): boolean {
  if (batch.some(({ deleteFiles }) => deleteFiles > 0)) return true;
  const bytes = batch.reduce((sum, { file }) => sum + file.byteLength, 0);
  const after = filesFor(bytes, targetBytes);
  return after < batch.length || (batch.length === 1 && bytes > targetBytes * LARGE_SHARE);
}

/** Neighbours in time of writing stay together: in the order given. */
function packed(
  members: readonly CompactionFile[],
  { groupBytesMax }: CompactionPlanOptions,
): readonly (readonly CompactionFile[])[] {
  const batches: CompactionFile[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const member of members) {
    bytes += member.file.byteLength;
    if (bytes > groupBytesMax) {
      batches.push([]);
      bytes = member.file.byteLength;
    }
    batches.at(-1)?.push(member);
  }
  return batches;
}

/** Files below the target, by size in powers of `filesMin`; a tier with enough of them is merged, with all smaller ones. */
function tierBatches(
  members: readonly CompactionFile[],
  options: CompactionPlanOptions,
): readonly (readonly DataFile[])[] {
  const small = members.filter((member) => !isGood(member, options) && member.file.byteLength < options.targetBytes);
  const filesMin = Math.max(2, options.filesMin);
  const tierOf = ({ file }: CompactionFile): number =>
    Math.floor(Math.log(Math.max(1, file.byteLength)) / Math.log(filesMin));
  const counts = new Map<number, number>();
  for (const member of small) counts.set(tierOf(member), (counts.get(tierOf(member)) ?? 0) + 1);
  let highest = -1;
  let carried = 0; // A tier that merges hands one file more to the next.
  for (const tier of [...counts.keys()].toSorted((one, other) => one - other)) {
    const count = (counts.get(tier) ?? 0) + carried;
    carried = 0;
    if (count < filesMin) continue;
    highest = tier;
    carried = 1;
  }
  const chosen = small.filter((member) => tierOf(member) <= highest);
  return packed(chosen, options)
    .filter((batch) => batch.length > 1)
    .map((batch) => batch.map(({ file }) => file));
}
