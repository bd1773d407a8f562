import type { DataFile } from "../manifest/data-file.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import type { SnapshotOperation } from "../metadata/snapshot.ts";
import type { ProgressInput } from "./progress.ts";
import type { TableState } from "./table-state.ts";

/** What every commit of a snapshot may carry. */
export interface SnapshotOptions {
  /** Where the snapshot goes; `main` without it. A branch that is not there begins at the table's current snapshot. */
  readonly branch?: string | undefined;
  readonly progress?: ProgressInput | undefined;
  /** Table properties to set in the same commit. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** Further members of the snapshot's summary. */
  readonly summary?: Readonly<Record<string, string>> | undefined;
}

/** What a snapshot does to the table's files. */
export interface FileChanges {
  readonly operation: SnapshotOperation;
  /** Data and delete files. Must be the same in every attempt of one change. */
  readonly add: readonly DataFile[];
  /** Data sequence number of the added data files, where they stand for rows that were there before. */
  readonly addSequenceNumber?: number | undefined;
  /** Data and delete files, all live. Delete files that apply to nothing any more go without being named. */
  readonly remove: readonly DataFile[];
  readonly summary?: Readonly<Record<string, string>> | undefined;
  /** Manifests whose entries are to be grouped anew. */
  readonly regroup?: ((manifest: ManifestFile) => boolean) | undefined;
}

/** A change as it is meant: decided anew on whatever the table has become. */
export interface SnapshotIntent extends SnapshotOptions {
  /**
   * @returns undefined for no snapshot: the commit then only moves the progress or the properties on
   * @throws {CommitConflictError} where the table has changed such that it may not be done
   */
  decide(state: TableState): Promise<FileChanges | undefined>;
}
