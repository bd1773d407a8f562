import { type BoundPredicate, bindPredicate, type Predicate } from "../core/predicate.ts";
import { encodeValue } from "../core/single-value.ts";
import { ChangeConflictError } from "../errors.ts";
import type { DataFile, ManifestEntry } from "../manifest/data-file.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { currentSchema, findSnapshot, type TableMetadata } from "../metadata/table-metadata.ts";
import { DELETE_PATH_ID } from "../scan/delete-index.ts";
import { partitionKey } from "../scan/partition-key.ts";
import { fileMayMatch } from "./file-match.ts";
import { liveEntriesOf, type TableState } from "./table-state.ts";

export { partitionKey };

/**
 * When a change was planned. Sequence numbers only grow, so what came later has a higher one, on whichever branch and
 * whether or not the snapshot itself has expired meanwhile.
 */
export interface StartingPoint {
  readonly snapshotId: bigint | undefined;
  readonly sequenceNumber: number;
}

/**
 * @param snapshotId without it, the branch as it is now: at the first attempt of a change
 * @throws {ChangeConflictError} when the snapshot is not kept any more
 */
export function startingPoint({ metadata, parent }: TableState, snapshotId: bigint | undefined): StartingPoint {
  const snapshot = snapshotId === undefined ? parent : findSnapshot(metadata, snapshotId);
  if (snapshot !== undefined) return { snapshotId: snapshot.snapshotId, sequenceNumber: snapshot.sequenceNumber };
  if (snapshotId === undefined) return { snapshotId, sequenceNumber: 0 };
  throw conflict(metadata, `snapshot ${snapshotId}, from which the change was planned, has expired`);
}

/** Refuses where a delete file that came since then may delete rows of `files`, which the change would bring back. */
export async function refuseNewDeletes(
  state: TableState,
  files: readonly DataFile[],
  { since, ignoreEquality = false }: { readonly since: StartingPoint; readonly ignoreEquality?: boolean | undefined },
): Promise<void> {
  if (files.length === 0) return;
  for await (const entry of liveEntriesOf(state, "deletes")) {
    if (!isNewer(entry, since)) continue;
    if (ignoreEquality && entry.file.content === "equality-deletes") continue;
    const hit = files.find((file) => deleteMayApply(entry.file, file));
    if (hit !== undefined) {
      throw conflict(state.metadata, `${entry.file.location} has deleted rows of ${hit.location} since then`);
    }
  }
}

/** Refuses where a delete file that came since then may delete rows that match. */
export async function refuseNewDeletesMatching(
  state: TableState,
  predicate: BoundPredicate,
  since: StartingPoint,
): Promise<void> {
  for await (const entry of liveEntriesOf(state, "deletes")) {
    if (isNewer(entry, since) && fileMayMatch(state.metadata, entry.file, predicate)) {
      throw conflict(state.metadata, `${entry.file.location} has deleted rows of its kind since then`);
    }
  }
}

/** Refuses where rows that match were added since then: under serialisable isolation the change should have seen them. */
export async function refuseNewDataMatching(
  state: TableState,
  predicate: BoundPredicate,
  since: StartingPoint,
  isMeant: (file: DataFile) => boolean = () => true,
): Promise<void> {
  for (const snapshot of snapshotsSince(state, since)) {
    // A replacement brings no new rows.
    if (snapshot.operation !== "append" && snapshot.operation !== "overwrite") continue;
    for await (const { file } of changedFiles(state, snapshot, "added")) {
      if (file.content === "data" && isMeant(file) && fileMayMatch(state.metadata, file, predicate)) {
        throw conflict(state.metadata, `${file.location} has added rows of its kind since then`);
      }
    }
  }
}

/** Refuses where data files that may hold matching rows were taken out since then. */
export async function refuseRemovedDataMatching(
  state: TableState,
  predicate: BoundPredicate,
  since: StartingPoint,
): Promise<void> {
  for (const snapshot of snapshotsSince(state, since)) {
    if (snapshot.operation === "append") continue;
    for await (const { file } of changedFiles(state, snapshot, "deleted")) {
      if (file.content === "data" && fileMayMatch(state.metadata, file, predicate)) {
        throw conflict(state.metadata, `${file.location}, with rows of its kind, was taken out since then`);
      }
    }
  }
}

/** Refuses where a data file that new deletes refer to is not live: its rows may be in another file by now. */
export async function refuseGone(state: TableState, locations: ReadonlySet<string>): Promise<void> {
  const missing = new Set(locations);
  if (missing.size === 0) return;
  for await (const { file } of liveEntriesOf(state, "data")) missing.delete(file.location);
  for (const location of missing) {
    throw conflict(state.metadata, `${location}, whose rows are to be deleted, is not in the table any more`);
  }
}

/** Whether rows of `data` may be deleted by `deletes`, sequence numbers aside. */
export function deleteMayApply(deletes: DataFile, data: DataFile): boolean {
  if (deletes.referencedDataFile !== undefined) return deletes.referencedDataFile === data.location;
  // Of an unpartitioned spec, or one of void fields: of all.
  if (deletes.content === "equality-deletes" && deletes.partition.every((value) => value === undefined)) return true;
  if (partitionKey(deletes) !== partitionKey(data)) return false;
  if (deletes.content === "equality-deletes") return true;
  const path = encodeValue({ kind: "string" }, data.location);
  const lower = deletes.lowerBounds.get(DELETE_PATH_ID);
  const upper = deletes.upperBounds.get(DELETE_PATH_ID);
  if (lower !== undefined && Buffer.compare(path, lower) < 0) return false;
  return upper === undefined || Buffer.compare(path.subarray(0, upper.byteLength), upper) <= 0;
}

export function boundFilter(metadata: TableMetadata, filter: Predicate): BoundPredicate {
  return bindPredicate(currentSchema(metadata), filter);
}

function isNewer({ sequenceNumber }: ManifestEntry, since: StartingPoint): boolean {
  return (sequenceNumber ?? 0) > since.sequenceNumber;
}

/** The branch's snapshots after the starting one, newest first. */
function snapshotsSince({ metadata, parent }: TableState, since: StartingPoint): readonly Snapshot[] {
  const later: Snapshot[] = [];
  for (let at = parent; at?.snapshotId !== since.snapshotId; ) {
    if (at === undefined) {
      if (since.snapshotId === undefined) return later;
      throw conflict(
        metadata,
        `snapshot ${since.snapshotId}, from which the change was planned, is not before it any more`,
      );
    }
    later.push(at);
    if (at.parentSnapshotId === undefined) {
      at = undefined;
      continue;
    }
    const before: Snapshot | undefined = findSnapshot(metadata, at.parentSnapshotId);
    if (before === undefined && at.parentSnapshotId !== since.snapshotId) {
      throw conflict(metadata, `snapshot ${at.parentSnapshotId} has expired, so what happened since then is not known`);
    }
    if (before === undefined) return later;
    at = before;
  }
  return later;
}

async function* changedFiles(
  { metadata, store }: TableState,
  snapshot: Snapshot,
  status: "added" | "deleted",
): AsyncGenerator<ManifestEntry> {
  for (const manifest of await store.list(snapshot)) {
    if (manifest.addedSnapshotId !== snapshot.snapshotId) continue;
    for (const entry of (await store.load(metadata, manifest)).entries) {
      if (entry.status === status && entry.snapshotId === snapshot.snapshotId) yield entry;
    }
  }
}

function conflict({ location }: TableMetadata, why: string): ChangeConflictError {
  return new ChangeConflictError(
    `Cannot commit to ${location}: ${why}. Nothing was committed; load the table again and decide anew`,
  );
}
