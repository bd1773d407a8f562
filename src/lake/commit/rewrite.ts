import { InvalidInputError } from "../../base/index.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { checkAdded } from "./append.ts";
import { refuseNewDeletes, type StartingPoint, startingPoint } from "./conflicts.ts";
import type { SnapshotIntent, SnapshotOptions } from "./snapshot-intent.ts";

export interface RewriteFilesInput extends SnapshotOptions {
  /** Data files, and delete files that are applied in what replaces them. All must still be live. */
  readonly remove: readonly DataFile[];
  /** Files with the same rows: none added, none lost, deletes applied. */
  readonly add: readonly DataFile[];
  /** What the removed files were read from. */
  readonly startingSnapshotId: bigint;
  /**
   * True: the new data files take the sequence number of the starting snapshot, so that equality deletes committed
   * meanwhile still apply to them and do not conflict. False: any new delete that may apply is a conflict. Default true.
   */
  readonly preserveSequenceNumber?: boolean | undefined;
}

/**
 * Replaces files by others with the same rows: compaction. Appends meanwhile do not conflict.
 *
 * @throws {CommitConflictError} from the commit when a removed file is not live any more, or a delete file that came
 * since the starting snapshot may apply to one
 */
export function rewriteIntent(input: RewriteFilesInput): SnapshotIntent {
  const { remove, add, startingSnapshotId, preserveSequenceNumber = true, ...options } = input;
  if (remove.length === 0) throw new InvalidInputError("Cannot rewrite files: none is named to be removed");
  checkAdded(add);
  let since: StartingPoint | undefined;
  return {
    ...options,
    decide: async (state) => {
      since ??= startingPoint(state, startingSnapshotId); // Once: it may expire before a later attempt.
      const data = remove.filter(({ content }) => content === "data");
      await refuseNewDeletes(state, data, { since, ignoreEquality: preserveSequenceNumber });
      const addSequenceNumber =
        preserveSequenceNumber && state.metadata.formatVersion > 1 ? since.sequenceNumber : undefined;
      return { operation: "replace", add, remove, addSequenceNumber };
    },
  };
}
