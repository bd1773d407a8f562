import { InvalidInputError } from "../../base/index.ts";
import type { ManifestEntry } from "../manifest/data-file.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import type { ManifestStore } from "../manifest/manifest-store.ts";
import { MAIN_BRANCH, type Snapshot } from "../metadata/snapshot.ts";
import { currentSnapshot, snapshotById, type TableMetadata } from "../metadata/table-metadata.ts";
import { liveEntries } from "./manifest-filter.ts";

/** The state of a branch that a change is decided on. */
export interface TableState {
  readonly metadata: TableMetadata;
  readonly branch: string;
  /** The branch's newest snapshot; of a branch not there yet, the table's current one. */
  readonly parent: Snapshot | undefined;
  readonly manifests: readonly ManifestFile[];
  readonly store: ManifestStore;
}

/** @throws {InvalidInputError} when the name is a tag's */
export async function tableState(metadata: TableMetadata, branch: string, store: ManifestStore): Promise<TableState> {
  const ref = metadata.refs[branch];
  if (ref?.type === "tag") {
    throw new InvalidInputError(
      `Cannot commit to ${metadata.location}: ${branch} is a tag, and only a branch moves on`,
    );
  }
  const parent =
    branch === MAIN_BRANCH || ref === undefined ? currentSnapshot(metadata) : snapshotById(metadata, ref.snapshotId);
  return { metadata, branch, parent, manifests: await store.list(parent), store };
}

/** What the branch must still be at for the swap. */
export function branchSnapshotId({ metadata, branch }: TableState): bigint | undefined {
  return branch === MAIN_BRANCH ? metadata.currentSnapshotId : metadata.refs[branch]?.snapshotId;
}

/** Live entries of manifests that hold any, of one content. */
export async function* liveEntriesOf(
  { metadata, manifests, store }: TableState,
  content: ManifestFile["content"],
): AsyncGenerator<ManifestEntry> {
  for (const manifest of manifests) {
    if (manifest.content === content && !holdsNothing(manifest)) {
      yield* liveEntries(await store.load(metadata, manifest));
    }
  }
}

/** Counts that an old writer left out may be anything. */
export function holdsNothing({ addedFiles, existingFiles }: ManifestFile): boolean {
  return addedFiles === 0 && existingFiles === 0;
}
