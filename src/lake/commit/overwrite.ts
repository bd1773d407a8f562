import { InvalidInputError } from "../../base/index.ts";
import { ALL, type BoundPredicate, type Predicate } from "../core/predicate.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { currentSchema } from "../metadata/table-metadata.ts";
import { partitionKey } from "../scan/partition-key.ts";
import { complementOf } from "./all-match.ts";
import { checkAdded } from "./append.ts";
import {
  boundFilter,
  refuseNewDataMatching,
  refuseNewDeletes,
  refuseNewDeletesMatching,
  refuseRemovedDataMatching,
  type StartingPoint,
  startingPoint,
} from "./conflicts.ts";
import { fileMayMatch } from "./file-match.ts";
import type { SnapshotIntent, SnapshotOptions } from "./snapshot-intent.ts";
import { liveEntriesOf, type TableState } from "./table-state.ts";

/**
 * What others may have committed meanwhile. `serializable`: nothing that the change should have seen, neither rows added nor
 * rows deleted where it looked. `snapshot`: rows may have been added, but none that it replaces deleted. `none`: anything.
 */
export type Isolation = "serializable" | "snapshot" | "none";

export interface OverwriteInput extends SnapshotOptions {
  readonly add: readonly DataFile[];
  /** Data files to take out; all must still be live. */
  readonly remove?: readonly DataFile[] | undefined;
  /** Takes out every file whose rows all match, and conflicts with one of which only some do. */
  readonly filter?: Predicate | undefined;
  /** What the change was decided on; without it, the table as the commit finds it. */
  readonly startingSnapshotId?: bigint | undefined;
  /** Default `serializable`. */
  readonly isolation?: Isolation | undefined;
  /** Where the change looked at rows; without it `filter`, and without that everywhere. */
  readonly conflictFilter?: Predicate | undefined;
}

const EVERYTHING: Predicate = { and: [] };

/**
 * Replaces rows by others, file by file.
 *
 * @throws {ChangeConflictError} from the commit, as the isolation says, or when a removed file is not live any more
 */
export function overwriteIntent(input: OverwriteInput): SnapshotIntent {
  const {
    add,
    remove = [],
    filter,
    startingSnapshotId,
    isolation = "serializable",
    conflictFilter,
    ...options
  } = input;
  checkAdded(add);
  if (add.length + remove.length === 0 && filter === undefined) {
    throw new InvalidInputError("Cannot overwrite: there are no files to add or remove, and no filter");
  }
  let since: StartingPoint | undefined;
  return {
    ...options,
    decide: async (state) => {
      since ??= startingPoint(state, startingSnapshotId);
      const looked = boundFilter(state.metadata, conflictFilter ?? filter ?? EVERYTHING);
      await refuseConflicts(state, { isolation, looked, remove, since });
      const matching = filter === undefined ? [] : await wholeFiles(state, filter);
      const named = new Set(remove.map(({ location }) => location));
      const all = [...remove, ...matching.filter(({ location }) => !named.has(location))];
      if (add.length + all.length === 0) return undefined;
      return { operation: operationOf(add, all), add, remove: all };
    },
  };
}

function operationOf(add: readonly DataFile[], remove: readonly DataFile[]): "append" | "delete" | "overwrite" {
  if (remove.length === 0) return "append";
  return add.length === 0 ? "delete" : "overwrite";
}

interface Looked {
  readonly isolation: Isolation;
  readonly looked: BoundPredicate;
  readonly remove: readonly DataFile[];
  readonly since: StartingPoint;
}

async function refuseConflicts(state: TableState, { isolation, looked, remove, since }: Looked): Promise<void> {
  if (isolation === "none") return;
  if (isolation === "serializable") await refuseNewDataMatching(state, looked, since);
  await refuseNewDeletesMatching(state, looked, since);
  await refuseRemovedDataMatching(state, looked, since);
  await refuseNewDeletes(state, remove, { since });
}

/** The live data files all of whose rows match. @throws {InvalidInputError} when only some rows of one do */
async function wholeFiles(state: TableState, filter: Predicate): Promise<readonly DataFile[]> {
  const { metadata } = state;
  const [some, others] = [boundFilter(metadata, filter), complementOf(currentSchema(metadata), filter)];
  const whole: DataFile[] = [];
  for await (const { file } of liveEntriesOf(state, "data")) {
    if (!fileMayMatch(metadata, file, some)) continue;
    if (fileMayMatch(metadata, file, others)) {
      throw new InvalidInputError(
        `Cannot overwrite by filter in ${metadata.location}: some rows of ${file.location} match it and others may not. ` +
          "Nothing was committed; delete the rows instead, or filter by whole partitions",
      );
    }
    whole.push(file);
  }
  return whole;
}

export interface ReplacePartitionsInput extends SnapshotOptions {
  /** Replace all rows of their partitions. */
  readonly files: readonly DataFile[];
  readonly startingSnapshotId?: bigint | undefined;
  /** Default `none`, as it is elsewhere: the last one to replace a partition wins. */
  readonly isolation?: Isolation | undefined;
}

/** Replaces the whole content of every partition that an added file is in. */
export function replacePartitionsIntent(input: ReplacePartitionsInput): SnapshotIntent {
  const { files, startingSnapshotId, isolation = "none", ...options } = input;
  checkAdded(files);
  if (files.length === 0) throw new InvalidInputError("Cannot replace partitions: no files name any");
  const keys = new Set(files.map(partitionKey));
  let since: StartingPoint | undefined;
  return {
    ...options,
    summary: { ...options.summary, "replace-partitions": "true" },
    decide: async (state) => {
      const remove: DataFile[] = [];
      for await (const { file } of liveEntriesOf(state, "data")) {
        if (keys.has(partitionKey(file))) remove.push(file);
      }
      if (isolation !== "none") {
        since ??= startingPoint(state, startingSnapshotId);
        await refuseNewDeletes(state, remove, { since });
        if (isolation === "serializable") {
          await refuseNewDataMatching(state, ALL, since, (file) => keys.has(partitionKey(file)));
        }
      }
      return { operation: "overwrite", add: files, remove };
    },
  };
}
