import { LakeNotFoundError, LakeUnsupportedError } from "../errors.ts";
import type { ManifestStore } from "../manifest/manifest-store.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { findSnapshot, snapshotById, type TableMetadata } from "../metadata/table-metadata.ts";
import type { PlanSource } from "./plan.ts";

/** Snapshots after `from`, up to and with `to`. */
export interface SnapshotRange {
  /** Exclusive; without it from the table's first snapshot on. */
  readonly from?: bigint | undefined;
  /** Inclusive; without it the current one. */
  readonly to?: bigint | undefined;
}

/**
 * The snapshots of a range, oldest first.
 *
 * @throws {LakeNotFoundError} when `from` is no ancestor of `to`, or a snapshot between has expired
 */
export function snapshotsBetween(metadata: TableMetadata, { from, to }: SnapshotRange): readonly Snapshot[] {
  const last = to ?? metadata.currentSnapshotId;
  const snapshots: Snapshot[] = [];
  for (let id = last; id !== undefined; ) {
    if (id === from) return snapshots.toReversed(); // It may have expired itself.
    const snapshot = snapshots.length === 0 ? snapshotById(metadata, id) : findSnapshot(metadata, id);
    if (snapshot === undefined) throw expired(metadata, id, from);
    snapshots.push(snapshot);
    id = snapshot.parentSnapshotId;
  }
  if (from === undefined) return snapshots.toReversed();
  throw notAncestor(metadata, from, to);
}

function expired(metadata: TableMetadata, snapshotId: bigint, from: bigint | undefined): LakeNotFoundError {
  return new LakeNotFoundError(
    `Cannot read the changes of ${metadata.location}${from === undefined ? "" : ` since snapshot ${from}`}: ` +
      `snapshot ${snapshotId}, on the way there, has expired. Begin at a later one`,
  );
}

function notAncestor(metadata: TableMetadata, from: bigint, to: bigint | undefined): LakeNotFoundError {
  return new LakeNotFoundError(
    `Cannot read the changes of ${metadata.location} since snapshot ${from}: it is no ancestor of ${to ?? "the current one"}`,
  );
}

/**
 * The files that append snapshots of a range added, as Java's incremental append scan gives them. Snapshots that only
 * rewrote rows (`replace`) have none.
 *
 * @throws {LakeUnsupportedError} when a snapshot of the range overwrote or deleted rows, unless `skipOverwrites`
 */
export async function appendedFiles(
  metadata: TableMetadata,
  range: SnapshotRange & { readonly skipOverwrites?: boolean | undefined },
  store: ManifestStore,
): Promise<PlanSource> {
  const snapshots = snapshotsBetween(metadata, range);
  const other = snapshots.find(({ operation }) => operation !== "append" && operation !== "replace");
  if (other !== undefined && range.skipOverwrites !== true) {
    throw new LakeUnsupportedError(
      `Cannot read only what was appended to ${metadata.location}: snapshot ${other.snapshotId} is of kind ` +
        `${other.operation ?? "unknown"}. Read its changes instead, or skip such snapshots with skipOverwrites`,
    );
  }
  const wanted = new Set(snapshots.filter(({ operation }) => operation === "append").map((each) => each.snapshotId));
  const manifests = new Map<string, Awaited<ReturnType<ManifestStore["list"]>>[number]>();
  for (const snapshot of snapshots) {
    if (!wanted.has(snapshot.snapshotId)) continue;
    for (const manifest of await store.list(snapshot)) {
      const isNew = manifest.content === "data" && manifest.addedSnapshotId === snapshot.snapshotId;
      if (isNew) manifests.set(manifest.location, manifest);
    }
  }
  return {
    manifests: [...manifests.values()],
    isWanted: ({ status, snapshotId }) => status === "added" && snapshotId !== undefined && wanted.has(snapshotId),
  };
}
