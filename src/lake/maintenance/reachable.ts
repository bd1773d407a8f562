import type { ManifestFile } from "../manifest/manifest-list.ts";
import { liveFiles, type ManifestStore } from "../manifest/manifest-store.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";

/** Files that snapshots need to be read, by kind; data files are those of deleted rows too. */
export interface SnapshotFiles {
  readonly manifestLists: ReadonlySet<string>;
  readonly manifests: ReadonlyMap<string, ManifestFile>;
}

export async function snapshotFiles(snapshots: readonly Snapshot[], store: ManifestStore): Promise<SnapshotFiles> {
  const manifestLists = new Set<string>();
  const manifests = new Map<string, ManifestFile>();
  for (const snapshot of snapshots) {
    if (snapshot.manifestList !== undefined) manifestLists.add(snapshot.manifestList);
    for (const manifest of await store.list(snapshot)) manifests.set(manifest.location, manifest);
  }
  return { manifestLists, manifests };
}

/** Every file that a live entry of the manifests names. */
export async function filesIn(
  metadata: TableMetadata,
  manifests: ReadonlyMap<string, ManifestFile>,
  store: ManifestStore,
): Promise<Set<string>> {
  const locations = new Set<string>();
  for (const manifest of manifests.values()) {
    for (const { location } of liveFiles(await store.load(metadata, manifest))) locations.add(location);
  }
  return locations;
}

/** The statistics files that the metadata names for a snapshot. */
export function statisticsFiles({ statistics, partitionStatistics }: TableMetadata): readonly string[] {
  return [...statistics, ...partitionStatistics].map(({ statisticsPath }) => statisticsPath);
}

/** Everything that a table refers to: from its snapshots, its references, its log of metadata files, its statistics. */
export async function reachableFiles(
  { metadata, metadataLocation }: { readonly metadata: TableMetadata; readonly metadataLocation: string },
  store: ManifestStore,
): Promise<ReadonlySet<string>> {
  const { manifestLists, manifests } = await snapshotFiles(metadata.snapshots, store);
  const data = await filesIn(metadata, manifests, store);
  return new Set([
    metadataLocation,
    ...metadata.metadataLog.map(({ metadataFile }) => metadataFile),
    ...manifestLists,
    ...manifests.keys(),
    ...statisticsFiles(metadata),
    ...data,
    `${metadata.location}/metadata/version-hint.text`, // Of tables that a folder alone is the catalog of.
  ]);
}
