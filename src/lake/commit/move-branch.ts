import type { LoadedTable } from "../catalog/catalog.ts";
import type { TableIdentifier } from "../catalog/identifier.ts";
import { ChangeConflictError, LakeNotFoundError } from "../errors.ts";
import { MAIN_BRANCH } from "../metadata/snapshot.ts";
import { snapshotById, type TableMetadata } from "../metadata/table-metadata.ts";
import { isAncestor } from "./cherry-pick.ts";
import type { PreparedChange, TableChange } from "./commit.ts";

export interface MoveBranchInput {
  /** Made where it is not there. */
  readonly branch: string;
  /** A snapshot, or the name of a branch or tag. */
  readonly to: bigint | string;
  /** True: only forward, to a snapshot that the branch's newest led to. False: whatever it held before. */
  readonly isFastForward: boolean;
}

/** Points a branch at another snapshot. */
export class MoveBranchChange implements TableChange {
  readonly identifier: TableIdentifier;
  readonly #input: MoveBranchInput;
  #target: bigint | undefined;

  constructor(identifier: TableIdentifier, input: MoveBranchInput) {
    this.identifier = identifier;
    this.#input = input;
  }

  isIn({ refs }: TableMetadata): boolean {
    return this.#target !== undefined && refs[this.#input.branch]?.snapshotId === this.#target;
  }

  async prepare({ metadata }: LoadedTable): Promise<PreparedChange> {
    const { branch, to, isFastForward } = this.#input;
    const targetId = typeof to === "bigint" ? to : metadata.refs[to]?.snapshotId;
    if (targetId === undefined) {
      throw new LakeNotFoundError(
        `Table ${metadata.location} has no branch or tag ${JSON.stringify(to)}; it has ${Object.keys(metadata.refs).join(", ") || "none"}`,
      );
    }
    const target = snapshotById(metadata, targetId);
    const held = branch === MAIN_BRANCH ? metadata.currentSnapshotId : metadata.refs[branch]?.snapshotId;
    if (isFastForward && held !== undefined && !isAncestor(metadata, held, target)) {
      throw new ChangeConflictError(
        `Cannot move ${branch} of ${metadata.location} forward to ${to}: its newest snapshot ${held} did not lead there. ` +
          "Nothing was changed; replace the branch if what it holds is to be given up",
      );
    }
    this.#target = targetId;
    const ref = { ...metadata.refs[branch], snapshotId: targetId, type: "branch" } as const;
    return {
      updates: [{ action: "set-snapshot-ref", refName: branch, ref }],
      requirements: [
        { type: "assert-table-uuid", uuid: metadata.tableUuid },
        { type: "assert-ref-snapshot-id", ref: branch, snapshotId: held },
      ],
    };
  }

  async discardAttempt(): Promise<void> {}

  async discard(): Promise<void> {}
}
