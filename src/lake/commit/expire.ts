import type { LoadedTable } from "../catalog/catalog.ts";
import type { TableIdentifier } from "../catalog/identifier.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import { liveFiles, type ManifestStore } from "../manifest/manifest-store.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { findSnapshot, type TableMetadata } from "../metadata/table-metadata.ts";
import type { PreparedChange, TableChange } from "./commit.ts";

export interface ExpireInput {
  /** Snapshots made before this time may go, milliseconds since the epoch. */
  readonly olderThanMs: number;
  /** Of every branch, so many of its newest snapshots stay however old; at least 1, the default. */
  readonly keepAtLeast?: number | undefined;
}

/** Takes old snapshots out of the metadata; never one that a branch or a tag refers to. */
export class ExpireChange implements TableChange {
  readonly identifier: TableIdentifier;
  readonly #input: ExpireInput;
  #expired: readonly Snapshot[] = [];

  constructor(identifier: TableIdentifier, input: ExpireInput) {
    this.identifier = identifier;
    this.#input = input;
  }

  get expired(): readonly Snapshot[] {
    return this.#expired;
  }

  isIn(metadata: TableMetadata): boolean {
    return this.#expired.every(({ snapshotId }) => findSnapshot(metadata, snapshotId) === undefined);
  }

  async prepare({ metadata }: LoadedTable): Promise<PreparedChange> {
    const retained = retainedIds(metadata, this.#input);
    this.#expired = metadata.snapshots.filter(({ snapshotId }) => !retained.has(snapshotId));
    return {
      updates: [{ action: "remove-snapshots", snapshotIds: this.#expired.map(({ snapshotId }) => snapshotId) }],
      requirements: [{ type: "assert-table-uuid", uuid: metadata.tableUuid }],
    };
  }

  async discardAttempt(): Promise<void> {}

  async discard(): Promise<void> {}
}

/** @see https://iceberg.apache.org/spec/#snapshot-retention-policy */
function retainedIds(metadata: TableMetadata, input: ExpireInput): ReadonlySet<bigint> {
  // What no branch leads to (left by a rollback) goes by its age alone.
  const young = metadata.snapshots.filter(({ timestampMs }) => timestampMs >= input.olderThanMs);
  const retained = new Set(young.map(({ snapshotId }) => snapshotId));
  const snapshots = new Map(metadata.snapshots.map((snapshot) => [snapshot.snapshotId, snapshot]));
  for (const ref of Object.values(metadata.refs)) {
    const keep = ref.type === "tag" ? 1 : Math.max(1, ref.minSnapshotsToKeep ?? input.keepAtLeast ?? 1);
    let id: bigint | undefined = ref.snapshotId;
    for (let kept = 0; kept < keep && id !== undefined; kept += 1) {
      retained.add(id);
      id = snapshots.get(id)?.parentSnapshotId;
    }
  }
  return retained;
}

export interface UnreachableFiles {
  readonly manifestLists: readonly string[];
  readonly manifests: readonly string[];
  readonly dataFiles: readonly string[];
}

/** Files that only expired snapshots refer to. Asked before they are deleted, of the metadata before the expiry. */
export async function unreachableFiles(
  before: TableMetadata,
  expired: readonly Snapshot[],
  store: ManifestStore,
): Promise<UnreachableFiles> {
  const gone = new Set(expired.map(({ snapshotId }) => snapshotId));
  const kept = await manifestsOf(
    before.snapshots.filter(({ snapshotId }) => !gone.has(snapshotId)),
    store,
  );
  const listed = await manifestsOf(expired, store);
  const lost = new Map([...listed].filter(([location]) => !kept.has(location)));
  const dataFiles = await filesOf(before, lost, store);
  if (dataFiles.size > 0) {
    for (const location of await filesOf(before, kept, store)) dataFiles.delete(location);
  }
  return {
    manifestLists: expired.flatMap(({ manifestList }) => (manifestList === undefined ? [] : [manifestList])),
    manifests: [...lost.keys()],
    dataFiles: [...dataFiles],
  };
}

type Manifests = ReadonlyMap<string, ManifestFile>;

async function manifestsOf(snapshots: readonly Snapshot[], store: ManifestStore): Promise<Manifests> {
  const manifests = new Map<string, ManifestFile>();
  for (const snapshot of snapshots) {
    for (const manifest of await store.list(snapshot)) manifests.set(manifest.location, manifest);
  }
  return manifests;
}

async function filesOf(metadata: TableMetadata, manifests: Manifests, store: ManifestStore): Promise<Set<string>> {
  const locations = new Set<string>();
  for (const manifest of manifests.values()) {
    for (const { location } of liveFiles(await store.load(metadata, manifest))) locations.add(location);
  }
  return locations;
}
