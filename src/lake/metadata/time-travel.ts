import { LakeNotFoundError } from "../errors.ts";
import type { Snapshot } from "./snapshot.ts";
import { currentSnapshot, snapshotById, type TableMetadata } from "./table-metadata.ts";

/** Which state of a table is meant; without any member, the current one. */
export type SnapshotChoice =
  | { readonly snapshotId?: never; readonly asOfMs?: never; readonly ref?: never }
  | { readonly snapshotId: bigint; readonly asOfMs?: never; readonly ref?: never }
  /** The snapshot that was current at that time, milliseconds since the epoch. */
  | { readonly asOfMs: number; readonly snapshotId?: never; readonly ref?: never }
  /** A branch or a tag. */
  | { readonly ref: string; readonly snapshotId?: never; readonly asOfMs?: never };

/**
 * @returns undefined only for the current state of a table that has no snapshot yet
 * @throws {LakeNotFoundError} when there is no such snapshot or ref, or the time is before all that is kept
 */
export function chooseSnapshot(metadata: TableMetadata, choice: SnapshotChoice): Snapshot | undefined {
  if (choice.snapshotId !== undefined) return snapshotById(metadata, choice.snapshotId);
  if (choice.ref !== undefined) {
    const ref = metadata.refs[choice.ref];
    if (ref !== undefined) return snapshotById(metadata, ref.snapshotId);
    throw new LakeNotFoundError(
      `Table ${metadata.location} has no branch or tag ${JSON.stringify(choice.ref)}; it has ${Object.keys(metadata.refs).join(", ") || "none"}`,
    );
  }
  return choice.asOfMs === undefined ? currentSnapshot(metadata) : snapshotAsOf(metadata, choice.asOfMs);
}

function snapshotAsOf(metadata: TableMetadata, asOfMs: number): Snapshot {
  const entry = metadata.snapshotLog.findLast(({ timestampMs }) => timestampMs <= asOfMs);
  if (entry !== undefined) return snapshotById(metadata, entry.snapshotId);
  const first = metadata.snapshotLog[0];
  throw new LakeNotFoundError(
    `Table ${metadata.location} keeps no state of ${new Date(asOfMs).toISOString()}: ` +
      (first === undefined
        ? "it has no snapshot"
        : `its history begins at ${new Date(first.timestampMs).toISOString()}`),
  );
}

export interface HistoryEntry {
  /** From when on the snapshot was current. */
  readonly timestampMs: number;
  readonly snapshotId: bigint;
  readonly parentSnapshotId: bigint | undefined;
  readonly operation: string | undefined;
  readonly summary: Readonly<Record<string, string>>;
  /** False where a rollback has left it aside. */
  readonly isAncestorOfCurrent: boolean;
}

/** Every change of the current snapshot that is still kept, oldest first. */
export function historyOf(metadata: TableMetadata): readonly HistoryEntry[] {
  const snapshots = new Map(metadata.snapshots.map((snapshot) => [snapshot.snapshotId, snapshot]));
  const ancestors = new Set<bigint>();
  for (let id = metadata.currentSnapshotId; id !== undefined && !ancestors.has(id); ) {
    ancestors.add(id);
    id = snapshots.get(id)?.parentSnapshotId;
  }
  return metadata.snapshotLog.map(({ timestampMs, snapshotId }) => {
    const snapshot = snapshots.get(snapshotId);
    return {
      timestampMs,
      snapshotId,
      parentSnapshotId: snapshot?.parentSnapshotId,
      operation: snapshot?.operation,
      summary: snapshot?.summary ?? {},
      isAncestorOfCurrent: ancestors.has(snapshotId),
    };
  });
}
