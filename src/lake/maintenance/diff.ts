import type { Abortable } from "../../base/index.ts";
import { fileKey } from "../commit/manifest-filter.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { ManifestStore } from "../manifest/manifest-store.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { liveEntriesAt } from "./live-files.ts";

/** What lies between two states of a table, by their files. */
export interface SnapshotDiff {
  readonly from: bigint | undefined;
  readonly to: bigint;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  /** Of the data files that came and went; a compaction moves rows, so that as many come as go. */
  readonly rowsInAddedFiles: number;
  readonly rowsInRemovedFiles: number;
  readonly bytesAdded: number;
  readonly bytesRemoved: number;
  readonly deleteFilesAdded: number;
  readonly deleteFilesRemoved: number;
  readonly added: readonly DataFile[];
  readonly removed: readonly DataFile[];
  readonly steps: readonly DiffStep[];
}

/** One snapshot between the two, oldest first; none where the first is not an ancestor of the second. */
export interface DiffStep {
  readonly snapshotId: bigint;
  readonly timestampMs: number;
  readonly operation: string | undefined;
  readonly recordsAdded: number;
  readonly recordsRemoved: number;
  readonly filesAdded: number;
  readonly filesRemoved: number;
}

/** @param from undefined: the empty table before its first snapshot */
export async function diffSnapshots(
  metadata: TableMetadata,
  { from, to }: { readonly from: Snapshot | undefined; readonly to: Snapshot },
  store: ManifestStore,
  { signal }: Abortable = {},
): Promise<SnapshotDiff> {
  const before = new Map<string, DataFile>();
  for await (const { file } of liveEntriesAt(metadata, from, store)) before.set(fileKey({ file }), file);
  signal?.throwIfAborted();
  const added: DataFile[] = [];
  for await (const { file } of liveEntriesAt(metadata, to, store)) {
    if (!before.delete(fileKey({ file }))) added.push(file);
  }
  const removed = [...before.values()];
  const [dataAdded, dataRemoved] = [added.filter(isData), removed.filter(isData)];
  return {
    from: from?.snapshotId,
    to: to.snapshotId,
    filesAdded: dataAdded.length,
    filesRemoved: dataRemoved.length,
    rowsInAddedFiles: sum(dataAdded, ({ recordCount }) => recordCount),
    rowsInRemovedFiles: sum(dataRemoved, ({ recordCount }) => recordCount),
    bytesAdded: sum(dataAdded, ({ byteLength }) => byteLength),
    bytesRemoved: sum(dataRemoved, ({ byteLength }) => byteLength),
    deleteFilesAdded: added.length - dataAdded.length,
    deleteFilesRemoved: removed.length - dataRemoved.length,
    added,
    removed,
    steps: stepsBetween(metadata, from, to),
  };
}

function stepsBetween(metadata: TableMetadata, from: Snapshot | undefined, to: Snapshot): readonly DiffStep[] {
  const snapshots = new Map(metadata.snapshots.map((snapshot) => [snapshot.snapshotId, snapshot]));
  const steps: DiffStep[] = [];
  const seen = new Set<bigint>();
  for (let step: Snapshot | undefined = to; step !== undefined && step.snapshotId !== from?.snapshotId; ) {
    if (seen.has(step.snapshotId)) break;
    seen.add(step.snapshotId);
    steps.push(stepOf(step));
    const parent: bigint | undefined = step.parentSnapshotId;
    if (parent === undefined) return from === undefined ? steps.toReversed() : [];
    step = snapshots.get(parent);
    if (step === undefined) return []; // Expired in between: the way is not known.
  }
  return steps.toReversed();
}

function stepOf({ snapshotId, timestampMs, operation, summary }: Snapshot): DiffStep {
  const count = (name: string): number => Number(summary[name] ?? 0);
  return {
    snapshotId,
    timestampMs,
    operation,
    recordsAdded: count("added-records"),
    recordsRemoved: count("deleted-records"),
    filesAdded: count("added-data-files"),
    filesRemoved: count("deleted-data-files"),
  };
}

function isData({ content }: DataFile): boolean {
  return content === "data";
}

function sum(files: readonly DataFile[], of: (file: DataFile) => number): number {
  return files.reduce((total, file) => total + of(file), 0);
}
