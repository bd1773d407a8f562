import { InvalidInputError } from "../../base/index.ts";
import type { LoadedTable } from "../catalog/catalog.ts";
import type { TableIdentifier } from "../catalog/identifier.ts";
import { LakeUnsupportedError } from "../errors.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { MAIN_BRANCH, type Snapshot } from "../metadata/snapshot.ts";
import { findSnapshot, snapshotById, type TableMetadata } from "../metadata/table-metadata.ts";
import type { ChangeTools } from "./change-tools.ts";
import type { PreparedChange, TableChange } from "./commit.ts";
import { SnapshotChange } from "./snapshot-change.ts";
import type { FileChanges } from "./snapshot-intent.ts";
import { branchSnapshotId, type TableState, tableState } from "./table-state.ts";

export interface CherryPickInput {
  readonly snapshotId: bigint;
  /** Where it goes; `main` without it. */
  readonly branch?: string | undefined;
}

const SOURCE = "source-snapshot-id";

/**
 * Takes a snapshot of elsewhere, such as an audited one of a branch, over: where it follows the branch's newest the branch
 * moves on to it; otherwise its added files are appended by a snapshot of their own.
 */
export class CherryPickChange implements TableChange {
  readonly identifier: TableIdentifier;
  readonly #snapshotId: bigint;
  readonly #branch: string;
  readonly #tools: ChangeTools;
  readonly #append: SnapshotChange;
  #isMoved = false;

  constructor(identifier: TableIdentifier, { snapshotId, branch = MAIN_BRANCH }: CherryPickInput, tools: ChangeTools) {
    this.identifier = identifier;
    this.#snapshotId = snapshotId;
    this.#branch = branch;
    this.#tools = tools;
    const decide = (state: TableState): Promise<FileChanges> => this.#copied(state);
    this.#append = new SnapshotChange(identifier, { branch, decide }, tools);
  }

  /** The branch's newest snapshot after the commit. */
  get snapshotId(): bigint | undefined {
    return this.#isMoved ? this.#snapshotId : this.#append.snapshotId;
  }

  isIn(metadata: TableMetadata): boolean {
    return metadata.refs[this.#branch]?.snapshotId === this.#snapshotId || this.#append.isIn(metadata);
  }

  async prepare(base: LoadedTable, nowMs: number): Promise<PreparedChange> {
    const { metadata } = base;
    const picked = snapshotById(metadata, this.#snapshotId);
    const state = await tableState(metadata, this.#branch, this.#tools.manifests);
    refuseTaken(state, picked);
    this.#isMoved = picked.parentSnapshotId === state.parent?.snapshotId;
    if (!this.#isMoved) return this.#append.prepare(base, nowMs);
    const ref = { ...metadata.refs[this.#branch], snapshotId: picked.snapshotId, type: "branch" } as const;
    return {
      updates: [{ action: "set-snapshot-ref", refName: this.#branch, ref }],
      requirements: [
        { type: "assert-table-uuid", uuid: metadata.tableUuid },
        { type: "assert-ref-snapshot-id", ref: this.#branch, snapshotId: branchSnapshotId(state) },
      ],
    };
  }

  async #copied({ metadata, store }: TableState): Promise<FileChanges> {
    const picked = snapshotById(metadata, this.#snapshotId);
    if (picked.operation !== "append") {
      throw new LakeUnsupportedError(
        `Cannot take over snapshot ${picked.snapshotId} of ${metadata.location}: it is a ${picked.operation}, and only an append ` +
          "can be repeated on another state. Nothing was changed",
      );
    }
    const add: DataFile[] = [];
    for (const manifest of await store.list(picked)) {
      if (manifest.addedSnapshotId !== picked.snapshotId) continue;
      for (const { status, snapshotId, file } of (await store.load(metadata, manifest)).entries) {
        if (status === "added" && snapshotId === picked.snapshotId) add.push(file);
      }
    }
    const wapId = picked.summary["wap.id"];
    const summary = { [SOURCE]: String(picked.snapshotId), ...(wapId !== undefined && { "published-wap-id": wapId }) };
    return { operation: "append", add, remove: [], summary };
  }

  async settle(metadata: TableMetadata | undefined): Promise<void> {
    await this.#append.settle(metadata);
  }

  async discardAttempt(): Promise<void> {
    await this.#append.discardAttempt();
  }

  async discard(): Promise<void> {
    await this.#append.discard();
  }
}

/** @throws {InvalidInputError} when the branch holds the snapshot's rows already */
function refuseTaken({ metadata, branch, parent }: TableState, picked: Snapshot): void {
  for (let at = parent; at !== undefined; at = ancestorOf(metadata, at)) {
    if (at.snapshotId === picked.snapshotId || at.summary[SOURCE] === String(picked.snapshotId)) {
      throw new InvalidInputError(
        `Cannot take snapshot ${picked.snapshotId} over to ${branch} of ${metadata.location}: it is in it already, ` +
          `as ${at.snapshotId}. Nothing was changed`,
      );
    }
  }
}

function ancestorOf(metadata: TableMetadata, { parentSnapshotId }: Snapshot): Snapshot | undefined {
  return parentSnapshotId === undefined ? undefined : findSnapshot(metadata, parentSnapshotId);
}

/** Whether `ancestorId` is `snapshot` or was before it. */
export function isAncestor(metadata: TableMetadata, ancestorId: bigint, snapshot: Snapshot): boolean {
  for (let at: Snapshot | undefined = snapshot; at !== undefined; at = ancestorOf(metadata, at)) {
    if (at.snapshotId === ancestorId) return true;
  }
  return false;
}
