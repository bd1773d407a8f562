import { InvalidInputError } from "../../base/index.ts";
import type { LoadedTable } from "../catalog/catalog.ts";
import type { TableIdentifier } from "../catalog/identifier.ts";
import { encodeManifestList } from "../manifest/encode-manifest-list.ts";
import { MAIN_BRANCH, type Snapshot } from "../metadata/snapshot.ts";
import { findSnapshot, type TableMetadata } from "../metadata/table-metadata.ts";
import type { TableUpdate } from "../metadata/update.ts";
import type { ChangeTools } from "./change-tools.ts";
import type { PreparedChange, TableChange } from "./commit.ts";
import { checkProgress, inheritedProgress, progressOf, progressProperties, progressSummary } from "./progress.ts";
import type { FileChanges, SnapshotIntent } from "./snapshot-intent.ts";
import { type ListedManifests, SnapshotManifests } from "./snapshot-manifests.ts";
import { snapshotSummary } from "./summary.ts";
import { branchSnapshotId, type TableState, tableState } from "./table-state.ts";

/**
 * A commit of one snapshot. Manifests of added files are written once and those of removed files once a source manifest;
 * an attempt writes a manifest list, and the catalog the metadata.
 */
export class SnapshotChange implements TableChange {
  readonly identifier: TableIdentifier;
  readonly commitId: string;
  readonly #snapshotId: bigint;
  readonly #intent: SnapshotIntent;
  readonly #tools: ChangeTools;
  readonly #manifests: SnapshotManifests;
  /** By manifest list. After an attempt of unknown outcome it is not known yet which of them the table holds. */
  readonly #attempts = new Map<string, ListedManifests>();
  #attemptList: string | undefined;
  #hasSnapshot = false;

  constructor(identifier: TableIdentifier, intent: SnapshotIntent, tools: ChangeTools) {
    this.identifier = identifier;
    this.commitId = tools.ids.uuid();
    this.#snapshotId = tools.ids.snapshotId();
    this.#intent = intent;
    this.#tools = tools;
    this.#manifests = new SnapshotManifests(tools, { commitId: this.commitId, snapshotId: this.#snapshotId });
    checkIntent(intent);
  }

  /** Undefined where the commit made none. */
  get snapshotId(): bigint | undefined {
    return this.#hasSnapshot ? this.#snapshotId : undefined;
  }

  isIn(metadata: TableMetadata): boolean {
    if (findSnapshot(metadata, this.#snapshotId) !== undefined) return true;
    const { progress } = this.#intent;
    return progress !== undefined && progressOf(metadata, progress.writer)?.commitId === this.commitId;
  }

  async prepare({ metadata }: LoadedTable, nowMs: number): Promise<PreparedChange> {
    const { branch = MAIN_BRANCH, progress, properties } = this.#intent;
    this.#attemptList = undefined;
    if (progress !== undefined) checkProgress(metadata, progress);
    const state = await tableState(metadata, branch, this.#tools.manifests);
    const changes = await this.#intent.decide(state);
    const settings = { ...properties, ...(progress && progressProperties(progress, this.commitId)) };
    const updates: TableUpdate[] = [];
    this.#hasSnapshot = changes !== undefined;
    if (changes !== undefined) {
      const snapshot = await this.#snapshot(state, changes, nowMs);
      const ref = { ...metadata.refs[branch], snapshotId: snapshot.snapshotId, type: "branch" } as const;
      updates.push({ action: "add-snapshot", snapshot }, { action: "set-snapshot-ref", refName: branch, ref });
    }
    if (Object.keys(settings).length > 0) updates.push({ action: "set-properties", updates: settings });
    return {
      updates,
      requirements: [
        { type: "assert-table-uuid", uuid: metadata.tableUuid },
        { type: "assert-ref-snapshot-id", ref: branch, snapshotId: branchSnapshotId(state) },
      ],
    };
  }

  async #snapshot(state: TableState, changes: FileChanges, nowMs: number): Promise<Snapshot> {
    const { metadata, parent } = state;
    const sequenceNumber = metadata.formatVersion > 1 ? metadata.lastSequenceNumber + 1 : 0;
    const listed = await this.#manifests.list(state, changes, sequenceNumber);
    const firstRowId = metadata.formatVersion >= 3 ? metadata.nextRowId : undefined;
    const manifestList = await this.#writeList(state, listed, { sequenceNumber, firstRowId });
    const { progress, summary } = this.#intent;
    return {
      snapshotId: this.#snapshotId,
      parentSnapshotId: parent?.snapshotId,
      sequenceNumber,
      timestampMs: nowMs,
      manifestList,
      manifests: [],
      operation: changes.operation,
      summary: {
        ...summary,
        ...changes.summary,
        ...listed.summary,
        "k2.commit-id": this.commitId,
        ...(progress === undefined ? inheritedProgress(parent?.summary) : progressSummary(progress)),
        ...snapshotSummary(changes.add, listed.removed, parent),
      },
      schemaId: metadata.currentSchemaId,
      firstRowId,
      addedRows: firstRowId === undefined ? undefined : listed.assignedRows,
      extra: {},
    };
  }

  async #writeList(
    { metadata, parent }: TableState,
    listed: ListedManifests,
    header: { readonly sequenceNumber: number; readonly firstRowId: bigint | undefined },
  ): Promise<string> {
    const snapshotId = this.#snapshotId;
    const manifestList = `${this.#manifests.folder(metadata)}/snap-${snapshotId}-${this.#tools.ids.uuid()}.avro`;
    this.#attemptList = manifestList;
    this.#attempts.set(manifestList, listed);
    const { formatVersion } = metadata;
    const parentSnapshotId = parent?.snapshotId;
    const bytes = encodeManifestList(listed.manifests, { ...header, formatVersion, snapshotId, parentSnapshotId });
    await this.#tools.io.write(manifestList, bytes);
    return manifestList;
  }

  /** Called once the commit is in the table: what it wrote need not be read for the next, what it did not need goes. */
  async settle(metadata: TableMetadata | undefined): Promise<void> {
    const list = metadata && findSnapshot(metadata, this.#snapshotId)?.manifestList;
    const listed = this.#attempts.get(list ?? "");
    if (list === undefined || listed === undefined) return;
    this.#tools.manifests.rememberList(list, listed.manifests);
    const entries = new Map(listed.written.map((each) => [each.location, each.entries]));
    for (const manifest of listed.manifests) {
      const own = entries.get(manifest.location);
      if (own !== undefined) this.#tools.manifests.rememberManifest(manifest, own);
    }
    await this.#manifests.keepOnly(new Set(listed.manifests.map(({ location }) => location)));
  }

  async discardAttempt(): Promise<void> {
    if (this.#attemptList !== undefined) await this.#tools.io.remove(this.#attemptList);
    this.#attemptList = undefined;
  }

  async discard(): Promise<void> {
    await this.discardAttempt().catch(() => undefined);
    await this.#manifests.discard();
  }
}

function checkIntent({ branch = MAIN_BRANCH, progress }: SnapshotIntent): void {
  if (progress === undefined) return;
  if (branch !== MAIN_BRANCH) {
    throw new InvalidInputError(
      `Cannot commit progress to branch ${branch}: a writer's progress is that of the whole table, which is its main branch`,
    );
  }
  if (!(Number.isSafeInteger(progress.epoch) && progress.epoch >= 0 && progress.writer !== "")) {
    throw new InvalidInputError(
      `Cannot commit as writer ${JSON.stringify(progress.writer)}, epoch ${progress.epoch}: a name and a whole number from 0 are needed`,
    );
  }
}
