import { ChangeConflictError, FileAlreadyLiveError, LakeUnsupportedError } from "../errors.ts";
import type { DataFile, ManifestEntry } from "../manifest/data-file.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ChangeTools } from "./change-tools.ts";
import { danglingDeletes } from "./dangling.ts";
import { type FilteredManifests, fileKey, liveEntries, ManifestFilter } from "./manifest-filter.ts";
import { ManifestMerge } from "./manifest-merge.ts";
import {
  type ChangeIds,
  ManifestWriter,
  metadataFolder,
  type Regrouped,
  type WrittenManifest,
} from "./manifest-writer.ts";
import { ManifestRegroup } from "./rewrite-manifests.ts";
import { assignRowIds } from "./row-ids.ts";
import type { FileChanges } from "./snapshot-intent.ts";
import { holdsNothing, type TableState } from "./table-state.ts";

/** What a snapshot's manifest list holds, and how it came to be. */
export interface ListedManifests {
  readonly manifests: readonly ManifestFile[];
  readonly written: readonly WrittenManifest[];
  /** Files that are no longer live. */
  readonly removed: readonly DataFile[];
  /** Format v3: row ids given away. */
  readonly assignedRows: bigint;
  readonly summary: Readonly<Record<string, string>>;
}

/** The manifests of one change over all its attempts: what was written for one serves the next. */
export class SnapshotManifests {
  readonly #tools: ChangeTools;
  readonly #ids: ChangeIds;
  readonly #writer: ManifestWriter;
  readonly #filter: ManifestFilter;
  readonly #merge: ManifestMerge;
  readonly #regroup: ManifestRegroup;
  #added: readonly WrittenManifest[] | undefined;

  constructor(tools: ChangeTools, ids: ChangeIds) {
    this.#tools = tools;
    this.#ids = ids;
    this.#writer = new ManifestWriter(tools, ids);
    this.#filter = new ManifestFilter(tools, ids, this.#writer);
    this.#merge = new ManifestMerge(tools, this.#writer);
    this.#regroup = new ManifestRegroup(tools, this.#writer);
  }

  folder(metadata: TableMetadata): string {
    return metadataFolder(metadata);
  }

  /** @throws {ChangeConflictError} when a file to be removed is not live */
  async list(state: TableState, changes: FileChanges, sequenceNumber: number): Promise<ListedManifests> {
    const { metadata } = state;
    refuseForVersion(metadata, changes.add);
    await this.#refuseLive(state, changes.add);
    this.#added ??= await this.#writeAdded(metadata, changes);
    const added = this.#added.map((each) => this.#writer.describe(metadata, each, sequenceNumber));
    const filtered = await this.#remove(state, changes, sequenceNumber);
    const own = new Set(filtered.written.map(({ location }) => location));
    const live = filtered.manifests.filter((manifest) => own.has(manifest.location) || !holdsNothing(manifest));
    const foreign = live.filter(({ location }) => !own.has(location));
    const merged = await this.#group(metadata, foreign, changes, sequenceNumber);
    const kept = await this.#counted(metadata, merged.manifests);
    const all = [...added, ...live.filter(({ location }) => own.has(location)), ...kept];
    const { manifests, assignedRows } =
      metadata.formatVersion >= 3 ? assignRowIds(all, metadata.nextRowId) : { manifests: all, assignedRows: 0n };
    return {
      manifests,
      written: [...this.#added, ...filtered.written, ...merged.written],
      removed: filtered.removed.map(({ file }) => file),
      assignedRows,
      summary: merged.summary,
    };
  }

  /** As asked; else now and then, so that their number stays small. */
  async #group(
    metadata: TableMetadata,
    manifests: readonly ManifestFile[],
    { regroup }: FileChanges,
    sequenceNumber: number,
  ): Promise<Regrouped> {
    if (regroup === undefined) return this.#merge.apply(metadata, manifests, sequenceNumber);
    return this.#regroup.apply(metadata, manifests, { sequenceNumber, isRewritten: regroup });
  }

  async #refuseLive({ metadata, manifests }: TableState, add: readonly DataFile[]): Promise<void> {
    const added = add.filter(({ content }) => content === "data").map(({ location }) => location);
    if (added.length === 0) return;
    for (const manifest of manifests) {
      if (manifest.content !== "data" || holdsNothing(manifest)) continue;
      const live = await this.#tools.manifests.firstHeld(metadata, manifest, added);
      if (live !== undefined) {
        throw new FileAlreadyLiveError(
          `Cannot commit to ${metadata.location}: ${live} is in the table already. Nothing was committed; ` +
            "read the table's progress to see what has been",
        );
      }
    }
  }

  async #writeAdded(metadata: TableMetadata, changes: FileChanges): Promise<readonly WrittenManifest[]> {
    const groups = Map.groupBy(changes.add, ({ specId, content }) => `${content === "data"} ${specId}`);
    const written: WrittenManifest[] = [];
    for (const files of groups.values()) {
      const { specId = 0, content = "data" } = files[0] ?? {};
      const entries = files.map(
        (file): ManifestEntry => ({
          status: "added",
          snapshotId: this.#ids.snapshotId,
          // Inherited from the manifest list, so that a retry need not write the manifest anew.
          sequenceNumber: content === "data" ? changes.addSequenceNumber : undefined,
          fileSequenceNumber: undefined,
          file: file.firstRowId === undefined ? file : { ...file, firstRowId: undefined }, // Given anew by the list.
        }),
      );
      const group = { specId, content: content === "data" ? ("data" as const) : ("deletes" as const) };
      written.push(...(await this.#writer.write(metadata, group, entries)));
    }
    return written;
  }

  /** First the named files; then the delete files that apply to no data file any more. */
  async #remove(state: TableState, changes: FileChanges, sequenceNumber: number): Promise<FilteredManifests> {
    const { metadata } = state;
    const { remove } = changes;
    if (remove.length === 0) return { manifests: state.manifests, written: [], removed: [] };
    const named = new Set(remove.map((file) => fileKey({ file })));
    const specs = new Set(remove.map(({ specId }) => specId));
    const data = await this.#filter.apply({
      metadata,
      sequenceNumber,
      manifests: state.manifests.filter(({ content }) => content === "data"),
      mayHold: (manifest) => specs.has(manifest.specId) && !holdsNothing(manifest),
      isRemoved: (entry) => named.has(fileKey(entry)),
    });
    const isDangling = await this.#dangling(state, data, changes, sequenceNumber);
    const deletes = await this.#filter.apply({
      metadata,
      sequenceNumber,
      manifests: state.manifests.filter(({ content }) => content === "deletes"),
      mayHold: (manifest) => !holdsNothing(manifest),
      isRemoved: (entry) => named.has(fileKey(entry)) || isDangling(entry),
    });
    const removed = [...data.removed, ...deletes.removed];
    refuseMissing(metadata, remove, removed);
    return {
      manifests: [...data.manifests, ...deletes.manifests],
      written: [...data.written, ...deletes.written],
      removed,
    };
  }

  async #dangling(
    { metadata, manifests }: TableState,
    data: FilteredManifests,
    { add, addSequenceNumber }: FileChanges,
    sequenceNumber: number,
  ): Promise<(entry: ManifestEntry) => boolean> {
    if (data.removed.length === 0 || manifests.every(({ content }) => content === "data")) return () => false;
    const gone = new Set(data.removed);
    const kept: ManifestEntry[] = [];
    for (const manifest of manifests) {
      if (manifest.content !== "data" || holdsNothing(manifest)) continue;
      const loaded = await this.#tools.manifests.load(metadata, manifest);
      kept.push(...liveEntries(loaded).filter((entry) => !gone.has(entry)));
    }
    return danglingDeletes({
      removed: data.removed.map(({ file }) => file),
      kept,
      added: add
        .filter(({ content }) => content === "data")
        .map((file) => ({ file, sequenceNumber: addSequenceNumber ?? sequenceNumber })),
    });
  }

  /** Manifests whose early writer did not count their files, with counts: later formats require them. */
  async #counted(metadata: TableMetadata, manifests: readonly ManifestFile[]): Promise<readonly ManifestFile[]> {
    if (manifests.every(isCounted)) return manifests;
    const counted: ManifestFile[] = [];
    for (const manifest of manifests) {
      if (isCounted(manifest)) {
        counted.push(manifest);
        continue;
      }
      const { entries } = await this.#tools.manifests.load(metadata, manifest);
      counted.push({ ...manifest, ...countsOf(entries) });
    }
    return counted;
  }

  async keepOnly(listed: ReadonlySet<string>): Promise<void> {
    await this.#writer.keepOnly(listed);
  }

  async discard(): Promise<void> {
    await this.#writer.discard();
  }
}

function refuseMissing(metadata: TableMetadata, remove: readonly DataFile[], removed: readonly ManifestEntry[]): void {
  const found = new Set(removed.map(fileKey));
  const missing = remove.find((file) => !found.has(fileKey({ file })));
  if (missing === undefined) return;
  throw new ChangeConflictError(
    `Cannot commit to ${metadata.location}: ${missing.location}, which was to be replaced or removed, is not in the table any more; ` +
      "another commit has taken it out. Nothing was committed; load the table again and decide anew",
  );
}

function refuseForVersion({ location, formatVersion }: TableMetadata, add: readonly DataFile[]): void {
  const deletes = add.filter(({ content }) => content !== "data");
  if (formatVersion === 1 && deletes.length > 0) {
    throw new LakeUnsupportedError(
      `Cannot commit delete files to ${location}: format version 1 has none. Rewrite the data files, or upgrade the table`,
    );
  }
  const positions = deletes.find(({ content, format }) => content === "position-deletes" && format !== "puffin");
  if (formatVersion >= 3 && positions !== undefined) {
    throw new LakeUnsupportedError(
      `Cannot commit ${positions.location} to ${location}: format version ${formatVersion} takes deletion vectors, no new position delete files`,
    );
  }
  const vector = deletes.find(({ format }) => format === "puffin");
  if (formatVersion < 3 && vector !== undefined) {
    throw new LakeUnsupportedError(
      `Cannot commit ${vector.location} to ${location}: deletion vectors need format version 3, the table has ${formatVersion}`,
    );
  }
}

function isCounted({
  addedFiles,
  existingFiles,
  deletedFiles,
  addedRows,
  existingRows,
  deletedRows,
}: ManifestFile): boolean {
  return [addedFiles, existingFiles, deletedFiles, addedRows, existingRows, deletedRows].every(
    (count) => count !== undefined,
  );
}

function countsOf(entries: readonly ManifestEntry[]): Partial<ManifestFile> {
  const files = { added: 0, existing: 0, deleted: 0 };
  const rows = { added: 0, existing: 0, deleted: 0 };
  for (const { status, file } of entries) {
    files[status] += 1;
    rows[status] += file.recordCount;
  }
  return {
    addedFiles: files.added,
    existingFiles: files.existing,
    deletedFiles: files.deleted,
    addedRows: rows.added,
    existingRows: rows.existing,
    deletedRows: rows.deleted,
  };
}
