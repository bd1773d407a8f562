import { InvalidInputError } from "../../base/index.ts";
import type { Predicate } from "../core/predicate.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { checkAdded } from "./append.ts";
import {
  boundFilter,
  refuseGone,
  refuseNewDataMatching,
  refuseNewDeletes,
  refuseNewDeletesMatching,
  type StartingPoint,
  startingPoint,
} from "./conflicts.ts";
import type { Isolation } from "./overwrite.ts";
import type { SnapshotIntent, SnapshotOptions } from "./snapshot-intent.ts";

export interface RowDeltaInput extends SnapshotOptions {
  /** Data files with added rows. */
  readonly add?: readonly DataFile[] | undefined;
  /** Position delete files, deletion vectors (format v3) or equality delete files. */
  readonly deletes?: readonly DataFile[] | undefined;
  /** Files taken out in the same commit: data files all of whose rows go, delete files that the new ones take in. */
  readonly remove?: readonly DataFile[] | undefined;
  /** Data files that the position deletes refer to; all must still be live. Of vectors they are known without it. */
  readonly referencedDataFiles?: readonly string[] | undefined;
  /** What the deletes were found in; without it, the table as the commit finds it. */
  readonly startingSnapshotId?: bigint | undefined;
  /** Default `snapshot`: an added row that the deletes' filter would have matched stays, as if it were added after them. */
  readonly isolation?: Isolation | undefined;
  /** Where the change looked for rows; without it everywhere. */
  readonly conflictFilter?: Predicate | undefined;
}

const EVERYTHING: Predicate = { and: [] };

/**
 * Adds rows and deletes rows, by files of either kind.
 *
 * @throws {ChangeConflictError} from the commit when a referenced data file is not live any more, or as the isolation says
 */
export function rowDeltaIntent(input: RowDeltaInput): SnapshotIntent {
  const { add = [], deletes = [], remove = [], referencedDataFiles = [], startingSnapshotId, ...rest } = input;
  const { isolation = "snapshot", conflictFilter = EVERYTHING, ...options } = rest;
  checkRowDelta(add, deletes, remove);
  const referenced = new Set(referencedDataFiles);
  for (const { referencedDataFile } of deletes)
    if (referencedDataFile !== undefined) referenced.add(referencedDataFile);
  const removedData = remove.filter(({ content }) => content === "data");
  const vectors = deletes.filter(({ format }) => format === "puffin");
  let since: StartingPoint | undefined;
  return {
    ...options,
    decide: async (state) => {
      since ??= startingPoint(state, startingSnapshotId);
      await refuseGone(state, referenced);
      const looked = boundFilter(state.metadata, conflictFilter);
      if (isolation === "serializable") await refuseNewDataMatching(state, looked, since);
      // A file has one vector at most: one that another commit added would be lost, whatever the isolation.
      await refuseNewDeletes(state, vectors.map(vectorTarget), { since, ignoreEquality: true });
      // Rows that are only deleted may be deleted twice; those that are replaced may not come back.
      if (isolation !== "none" && add.length > 0) await refuseNewDeletesMatching(state, looked, since);
      if (add.length > 0) await refuseNewDeletes(state, removedData, { since });
      return { operation: operationOf(add, [...deletes, ...remove]), add: [...add, ...deletes], remove };
    },
  };
}

/** The data file of a vector, as far as its deletes need it. */
function vectorTarget(vector: DataFile): DataFile {
  return { ...vector, content: "data", location: vector.referencedDataFile ?? "" };
}

function operationOf(add: readonly DataFile[], taking: readonly DataFile[]): "append" | "delete" | "overwrite" {
  if (taking.length === 0) return "append";
  return add.length === 0 ? "delete" : "overwrite";
}

function checkRowDelta(add: readonly DataFile[], deletes: readonly DataFile[], remove: readonly DataFile[]): void {
  checkAdded(add);
  if (add.length + deletes.length + remove.length === 0) {
    throw new InvalidInputError("Cannot commit a row delta: there are no files");
  }
  if (add.some(({ content }) => content !== "data") || deletes.some(({ content }) => content === "data")) {
    throw new InvalidInputError(
      "Cannot commit a row delta: added rows are in data files, deleted rows in delete files",
    );
  }
}
