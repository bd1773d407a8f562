import { InvalidInputError } from "../../base/index.ts";
import type { LoadedTable } from "../catalog/catalog.ts";
import type { TableIdentifier } from "../catalog/identifier.ts";
import { FileAlreadyLiveError, LakeUnsupportedError } from "../errors.ts";
import type { DataFile, ManifestEntry } from "../manifest/data-file.ts";
import { encodeManifest } from "../manifest/manifest.ts";
import { encodeManifestList, type ManifestFile } from "../manifest/manifest-list.ts";
import { manifestContext } from "../manifest/manifest-store.ts";
import { describeManifest } from "../manifest/summarise.ts";
import { MAIN_BRANCH, type Snapshot } from "../metadata/snapshot.ts";
import { currentSnapshot, findSnapshot, type TableMetadata } from "../metadata/table-metadata.ts";
import type { TableUpdate } from "../metadata/update.ts";
import type { ChangeTools } from "./change-tools.ts";
import type { PreparedChange, TableChange } from "./commit.ts";
import { ManifestMerge } from "./manifest-merge.ts";
import { checkProgress, type ProgressInput, progressOf, progressProperties, progressSummary } from "./progress.ts";
import { appendSummary } from "./summary.ts";

export interface AppendInput {
  /** As staged. None: the commit only moves the progress or the properties on, and makes no snapshot. */
  readonly files: readonly DataFile[];
  readonly progress?: ProgressInput | undefined;
  /** Table properties to set in the same commit. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** Further members of the snapshot's summary. */
  readonly summary?: Readonly<Record<string, string>> | undefined;
}

/**
 * A fast append. Its manifest is written once; each attempt writes a manifest list, and the catalog the metadata.
 * Every hundredth manifest is merged with those of its size, so that a plan reads hundreds and not all there ever were.
 */
export class AppendChange implements TableChange {
  readonly identifier: TableIdentifier;
  readonly commitId: string;
  readonly snapshotId: bigint;
  readonly #input: AppendInput;
  readonly #tools: ChangeTools;
  readonly #merge: ManifestMerge;
  #added: readonly WrittenManifest[] | undefined;
  #attemptFiles: string[] = [];
  #listed: Listed | undefined;

  constructor(identifier: TableIdentifier, input: AppendInput, tools: ChangeTools) {
    this.identifier = identifier;
    this.commitId = tools.ids.uuid();
    this.snapshotId = tools.ids.snapshotId();
    this.#input = input;
    this.#tools = tools;
    this.#merge = new ManifestMerge({ ...tools, commitId: this.commitId, snapshotId: this.snapshotId });
    checkInput(input);
  }

  isIn(metadata: TableMetadata): boolean {
    if (this.#input.files.length > 0 && findSnapshot(metadata, this.snapshotId) !== undefined) return true;
    const { progress } = this.#input;
    return progress !== undefined && progressOf(metadata, progress.writer)?.commitId === this.commitId;
  }

  async prepare(base: LoadedTable, nowMs: number): Promise<PreparedChange> {
    const { metadata } = base;
    const { files, progress, properties } = this.#input;
    this.#attemptFiles = [];
    if (progress !== undefined) checkProgress(metadata, progress);
    const settings = { ...properties, ...(progress && progressProperties(progress, this.commitId)) };
    const updates: TableUpdate[] = [];
    if (files.length > 0) {
      const snapshot = await this.#snapshot(metadata, nowMs);
      updates.push({ action: "add-snapshot", snapshot });
      const ref = { ...metadata.refs[MAIN_BRANCH], snapshotId: snapshot.snapshotId, type: "branch" } as const;
      updates.push({ action: "set-snapshot-ref", refName: MAIN_BRANCH, ref });
    }
    if (Object.keys(settings).length > 0) updates.push({ action: "set-properties", updates: settings });
    return {
      updates,
      requirements: [
        { type: "assert-table-uuid", uuid: metadata.tableUuid },
        { type: "assert-ref-snapshot-id", ref: MAIN_BRANCH, snapshotId: metadata.currentSnapshotId },
      ],
    };
  }

  async #snapshot(metadata: TableMetadata, nowMs: number): Promise<Snapshot> {
    if (metadata.formatVersion !== 2) {
      throw new LakeUnsupportedError(
        `Cannot append to ${metadata.location}: it is of format version ${metadata.formatVersion}, and only version 2 is written`,
      );
    }
    const parent = currentSnapshot(metadata);
    const existing = await this.#tools.manifests.list(parent);
    await this.#refuseLiveFiles(metadata, existing);
    const sequenceNumber = metadata.lastSequenceNumber + 1;
    this.#added ??= await this.#writeManifests(metadata);
    const added = this.#added.map(({ entries, location, byteLength, specId }) =>
      describeManifest(manifestContext(metadata, specId), entries, {
        location,
        byteLength,
        snapshotId: this.snapshotId,
        sequenceNumber,
      }),
    );
    const kept = await this.#merge.apply(metadata, existing, sequenceNumber);
    const manifestList = `${metadata.location}/metadata/snap-${this.snapshotId}-${this.#tools.ids.uuid()}.avro`;
    const header = { snapshotId: this.snapshotId, parentSnapshotId: parent?.snapshotId, sequenceNumber };
    this.#attemptFiles = [manifestList];
    await this.#tools.io.write(manifestList, encodeManifestList([...added, ...kept], header));
    this.#listed = { manifestList, manifests: [...added, ...kept], added };
    const { files, progress, summary } = this.#input;
    return {
      snapshotId: this.snapshotId,
      parentSnapshotId: parent?.snapshotId,
      sequenceNumber,
      timestampMs: nowMs,
      manifestList,
      manifests: [],
      operation: "append",
      summary: {
        ...summary,
        "k2.commit-id": this.commitId,
        ...(progress && progressSummary(progress)),
        ...appendSummary(files, parent?.summary),
      },
      schemaId: metadata.currentSchemaId,
      extra: {},
    };
  }

  async #refuseLiveFiles(metadata: TableMetadata, existing: readonly ManifestFile[]): Promise<void> {
    for (const manifest of existing) {
      if (manifest.content !== "data") continue;
      const loaded = await this.#tools.manifests.load(metadata, manifest);
      const live = this.#input.files.find(({ location }) => loaded.holds(location));
      if (live !== undefined) {
        throw new FileAlreadyLiveError(
          `Cannot append to ${metadata.location}: ${live.location} is in the table already. Nothing was committed; ` +
            "read the table's progress to see what has been",
        );
      }
    }
  }

  async #writeManifests(metadata: TableMetadata): Promise<readonly WrittenManifest[]> {
    const bySpec = Map.groupBy(this.#input.files, ({ specId }) => specId);
    const written: WrittenManifest[] = [];
    for (const [specId, files] of bySpec) {
      const entries = files.map(
        (file): ManifestEntry => ({
          status: "added",
          snapshotId: this.snapshotId,
          sequenceNumber: undefined, // Inherited from the manifest list, so that a retry need not write the manifest anew.
          fileSequenceNumber: undefined,
          file,
        }),
      );
      const bytes = encodeManifest(manifestContext(metadata, specId), entries);
      const location = `${metadata.location}/metadata/${this.commitId}-m${written.length}.avro`;
      written.push({ specId, entries, location, byteLength: bytes.byteLength });
      await this.#tools.io.write(location, bytes);
    }
    return written;
  }

  /** Called once the commit is in the table: what it wrote need not be read for the next. */
  remember(): void {
    if (this.#listed === undefined) return;
    const { manifestList, manifests, added } = this.#listed;
    this.#tools.manifests.rememberList(manifestList, manifests);
    for (const [index, manifest] of added.entries()) {
      this.#tools.manifests.rememberManifest(manifest, this.#added?.[index]?.entries ?? []);
    }
  }

  async discardAttempt(): Promise<void> {
    for (const location of this.#attemptFiles) await this.#tools.io.remove(location);
    this.#attemptFiles = [];
  }

  async discard(): Promise<void> {
    await this.discardAttempt();
    await this.#merge.discard();
    for (const { location } of this.#added ?? []) await this.#tools.io.remove(location);
  }
}

interface Listed {
  readonly manifestList: string;
  readonly manifests: readonly ManifestFile[];
  readonly added: readonly ManifestFile[];
}

interface WrittenManifest {
  readonly specId: number;
  readonly entries: readonly ManifestEntry[];
  readonly location: string;
  readonly byteLength: number;
}

function checkInput({ files, progress, properties, summary }: AppendInput): void {
  if (files.length === 0 && progress === undefined && properties === undefined) {
    throw new InvalidInputError("Cannot commit: there are no files, no progress and no properties");
  }
  if (files.length === 0 && summary !== undefined) {
    throw new InvalidInputError("Cannot commit a summary without files: only a snapshot has one");
  }
  if (new Set(files.map(({ location }) => location)).size !== files.length) {
    throw new InvalidInputError("Cannot commit: a file is given twice");
  }
  if (files.some(({ content }) => content !== "data")) {
    throw new LakeUnsupportedError("Cannot append a delete file");
  }
  if (
    progress !== undefined &&
    !(Number.isSafeInteger(progress.epoch) && progress.epoch >= 0 && progress.writer !== "")
  ) {
    throw new InvalidInputError(
      `Cannot commit as writer ${JSON.stringify(progress.writer)}, epoch ${progress.epoch}: a name and a whole number from 0 are needed`,
    );
  }
}
