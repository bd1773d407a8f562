import type { Abortable } from "../../base/index.ts";
import { complementOf, notTrue } from "../commit/all-match.ts";
import type { ChangeTools } from "../commit/change-tools.ts";
import { boundFilter } from "../commit/conflicts.ts";
import { fileMayMatch } from "../commit/file-match.ts";
import type { Isolation } from "../commit/overwrite.ts";
import type { RowDeltaInput } from "../commit/row-delta.ts";
import type { SnapshotOptions } from "../commit/snapshot-intent.ts";
import type { Predicate } from "../core/predicate.ts";
import { sqlText } from "../duckdb/duckdb-sql.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { MAIN_BRANCH } from "../metadata/snapshot.ts";
import { currentSchema } from "../metadata/table-metadata.ts";
import { readDeletionVector } from "../scan/deletion-vector.ts";
import type { FileTask } from "../scan/plan.ts";
import type { Table } from "../table.ts";
import type { PositionRun } from "./encode-roaring.ts";
import type { SqlRunner } from "./sql-runner.ts";
import { stageFiles } from "./stage.ts";
import { stagePositionDeletes } from "./stage-deletes.ts";

export interface DeleteRowsInput extends SnapshotOptions {
  readonly run: SqlRunner["run"];
  /** Which rows go. */
  readonly filter: Predicate;
  /** Data files with rows to add in the same commit: those rows stay, whether they match or not. */
  readonly add?: readonly DataFile[] | undefined;
  /**
   * How a file goes of which only some rows match; those of which all do are taken out whole. `merge-on-read` marks the
   * rows deleted, `copy-on-write` writes the others anew. Default as `write.delete.mode` says, else merge-on-read;
   * tables of format v1 are always copied.
   */
  readonly mode?: "merge-on-read" | "copy-on-write" | undefined;
  /** Default as `write.delete.isolation-level` says, else `serializable`. */
  readonly isolation?: Isolation | undefined;
}

/** What there is to commit, and the files that were written for it. */
export interface PlannedDelete {
  readonly delta: RowDeltaInput;
  readonly staged: readonly DataFile[];
}

/** Finds the rows and writes what takes them out; nothing is committed. @returns undefined when no row matches */
export async function planDelete(
  tools: ChangeTools,
  table: Table,
  input: DeleteRowsInput,
  options: Abortable,
): Promise<PlannedDelete | undefined> {
  const { run, filter, mode, isolation, add = [], ...rest } = input;
  const planner = new DeletePlanner(tools, table, { run, filter, branch: rest.branch });
  const { whole, partial } = await planner.split();
  const hit = await planner.hits(partial);
  const isCopied = modeOf(table, mode) === "copy-on-write";
  const marked = isCopied ? { deletes: [], replaced: [] } : await planner.mark(hit);
  const copied = isCopied && hit.length > 0 ? await planner.copy(hit, options) : [];
  const remove = [
    ...whole.map(({ file }) => file),
    ...(isCopied ? hit.map(({ file }) => file) : []),
    ...marked.replaced,
  ];
  if (add.length + remove.length + marked.deletes.length === 0) return undefined;
  const delta: RowDeltaInput = {
    ...rest,
    add: [...add, ...copied],
    deletes: marked.deletes,
    remove,
    referencedDataFiles: isCopied ? [] : hit.map(({ file }) => file.location),
    startingSnapshotId: planner.snapshotId,
    isolation: isolation ?? isolationOf(table),
    conflictFilter: filter,
  };
  return { delta, staged: [...marked.deletes, ...copied] };
}

function modeOf({ metadata }: Table, mode: DeleteRowsInput["mode"]): "merge-on-read" | "copy-on-write" {
  if (metadata.formatVersion === 1) return "copy-on-write"; // It has no delete files.
  if (mode !== undefined) return mode;
  return metadata.properties["write.delete.mode"] === "copy-on-write" ? "copy-on-write" : "merge-on-read";
}

function isolationOf({ metadata }: Table): Isolation {
  return metadata.properties["write.delete.isolation-level"] === "snapshot" ? "snapshot" : "serializable";
}

interface Question {
  readonly run: SqlRunner["run"];
  readonly filter: Predicate;
  readonly branch: string | undefined;
}

class DeletePlanner {
  readonly #tools: ChangeTools;
  readonly #table: Table;
  readonly #question: Question;
  readonly #choice: { readonly ref: string } | Record<string, never>;

  constructor(tools: ChangeTools, table: Table, question: Question) {
    this.#tools = tools;
    this.#table = table;
    this.#question = question;
    const { branch = MAIN_BRANCH } = question;
    this.#choice = table.metadata.refs[branch] === undefined ? {} : { ref: branch };
  }

  /** What is looked at. */
  get snapshotId(): bigint | undefined {
    return this.#table.scan(this.#choice).snapshot?.snapshotId;
  }

  /** The files all of whose rows match, and those of which some may. */
  async split(): Promise<{ readonly whole: readonly FileTask[]; readonly partial: readonly FileTask[] }> {
    const { metadata } = this.#table;
    using scan = this.#table.scan({ ...this.#choice, filter: this.#question.filter });
    const others = complementOf(currentSchema(metadata), this.#question.filter);
    const some = boundFilter(metadata, this.#question.filter);
    const { tasks } = await scan.plan();
    const { whole = [], partial = [] } = Object.groupBy(
      tasks.filter(({ file }) => fileMayMatch(metadata, file, some)),
      ({ file }) => (fileMayMatch(metadata, file, others) ? "partial" : "whole"),
    );
    return { whole, partial };
  }

  /** Those that really hold a row to delete. */
  async hits(tasks: readonly FileTask[]): Promise<readonly FileTask[]> {
    if (tasks.length === 0) return [];
    using scan = this.#matching(tasks);
    const rows = await this.#question.run(`SELECT DISTINCT _file FROM ${await scan.sql()}`);
    const hit = new Set(rows.map(([location]) => String(location)));
    return tasks.filter(({ file }) => hit.has(file.location));
  }

  #matching(tasks: readonly FileTask[]): ReturnType<Table["scan"]> {
    const columns = ["_file", "_pos"];
    return this.#table.scan({ ...this.#choice, filter: this.#question.filter, columns, files: locationsOf(tasks) });
  }

  /** Marks the matching rows deleted. `replaced` are vectors that the new ones take in. */
  async mark(
    tasks: readonly FileTask[],
  ): Promise<{ readonly deletes: readonly DataFile[]; readonly replaced: readonly DataFile[] }> {
    if (tasks.length === 0) return { deletes: [], replaced: [] };
    using scan = this.#matching(tasks);
    const byLocation = new Map(tasks.map((task) => [task.file.location, task]));
    const deletes = await stagePositionDeletes(
      { metadata: this.#table.metadata, ...this.#tools },
      {
        run: this.#question.run,
        positions: `SELECT _file AS file_path, _pos AS pos FROM ${await scan.sql()}`,
        files: tasks.map(({ file }) => file),
        deletedBefore: async ({ location }) => this.#deletedBefore(byLocation.get(location)),
      },
    );
    const marked = new Set(deletes.map(({ referencedDataFile }) => referencedDataFile));
    const replaced = tasks.flatMap(({ file, deletes: { vector } }) =>
      vector !== undefined && marked.has(file.location) ? [vector.file] : [],
    );
    return { deletes, replaced };
  }

  /** By its vector or, of a table that was of format v2, its position delete files. */
  async #deletedBefore(task: FileTask | undefined): Promise<readonly PositionRun[]> {
    if (task === undefined) return [];
    const { vector, positions } = task.deletes;
    if (vector !== undefined) return readDeletionVector(vector.file, await this.#tools.io.read(vector.file.location));
    if (positions.length === 0) return [];
    using lease = await this.#tools.io.lease(positions.map(({ file }) => file));
    const paths = positions.map(({ file }) => sqlText(lease.pathOf(file.location))).join(", ");
    const rows = await this.#question.run(
      `SELECT DISTINCT CAST(pos AS VARCHAR) FROM read_parquet([${paths}]) WHERE file_path = ${sqlText(task.file.location)}`,
    );
    return rows.map(([position]) => ({ start: Number(position), end: Number(position) + 1 }));
  }

  /** Writes the rows that stay anew, with their row ids where the table has such. */
  async copy(tasks: readonly FileTask[], options: Abortable): Promise<readonly DataFile[]> {
    const { metadata } = this.#table;
    const names = currentSchema(metadata).fields.map(({ name }) => name);
    const columns = metadata.formatVersion >= 3 ? [...names, "_row_id", "_last_updated_sequence_number"] : names;
    const filter = notTrue(this.#question.filter);
    using scan = this.#table.scan({ ...this.#choice, filter, columns, files: locationsOf(tasks) });
    const relation = `SELECT * FROM ${await scan.sql()}`;
    const target = { metadata, ...this.#tools };
    return (await stageFiles(target, { run: this.#question.run, relation }, options)).files;
  }
}

function locationsOf(tasks: readonly FileTask[]): ReadonlySet<string> {
  return new Set(tasks.map(({ file }) => file.location));
}
