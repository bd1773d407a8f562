import type { Abortable } from "../../base/index.ts";
import { ALL, type BoundPredicate, bindPredicate } from "../core/predicate.ts";
import { columnNamed, type Schema } from "../core/schema.ts";
import { sqlName, sqlText } from "../duckdb/duckdb-sql.ts";
import { LakeUnsupportedError } from "../errors.ts";
import type { FileLease } from "../io/file-io.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { currentSchema, findSnapshot, snapshotById, type TableMetadata } from "../metadata/table-metadata.ts";
import { type SnapshotRange, snapshotsBetween } from "./incremental.ts";
import { CHANGE_COLUMNS, isExtraColumn } from "./metadata-columns.ts";
import { deletesOf, type FileTask, planFiles } from "./plan.ts";
import { prepareSources } from "./prepare-sources.ts";
import { fieldsRead, type RelationInput, relationSql } from "./relation-sql.ts";
import { nameMappingOf, type ScanQuestion, type ScanTools } from "./scan.ts";

export type ChangesOptions = SnapshotRange & Omit<ScanQuestion, "files">;

/** Which rows of which files a range of snapshots added and took away. */
interface ChangePlan {
  /** Rows of files that are new. */
  readonly inserted: readonly FileTask[];
  /** Rows of files that are gone, as they were before. */
  readonly removed: readonly FileTask[];
  /** Files whose deletes have changed. */
  readonly altered: readonly { readonly before: FileTask; readonly after: FileTask }[];
}

/**
 * The rows that each snapshot of a range added and took away, in its order. A row that a rewrite carried over from one
 * file to another is both, as in Java's changelog scan; snapshots that only rewrote (`replace`) are left out.
 */
export class ChangeScan implements Disposable {
  /** That of the table now. */
  readonly schema: Schema;
  readonly #metadata: TableMetadata;
  readonly #options: ChangesOptions;
  readonly #columns: readonly string[];
  readonly #predicate: BoundPredicate;
  readonly #snapshots: readonly Snapshot[];
  readonly #tools: ScanTools;
  #lease: FileLease | undefined;

  /**
   * @throws {LakeNotFoundError} when `from` is no ancestor of `to`, or a snapshot between has expired
   * @throws {InvalidInputError} on an unknown column or a literal that does not fit it
   * @throws {LakeUnsupportedError} when a column of the table has a name of those that are added
   */
  constructor(metadata: TableMetadata, options: ChangesOptions, tools: ScanTools) {
    this.#metadata = metadata;
    this.#options = options;
    this.#tools = tools;
    this.schema = currentSchema(metadata);
    const taken = this.schema.fields.find(({ name }) => isExtraColumn(name) || name === "_change_type");
    if (taken !== undefined) {
      throw new LakeUnsupportedError(
        `Cannot read the changes of ${metadata.location}: its column ${taken.name} has a name that changes need for themselves`,
      );
    }
    this.#columns = options.columns ?? this.schema.fields.map(({ name }) => name);
    for (const name of this.#columns) columnNamed(this.schema, name);
    this.#predicate = options.filter === undefined ? ALL : bindPredicate(this.schema, options.filter);
    this.#snapshots = snapshotsBetween(metadata, options).filter(({ operation }) => operation !== "replace");
  }

  /**
   * A DuckDB relation, in parentheses: the wanted columns, then `_change_type` (INSERT or DELETE), `_change_ordinal`
   * (0 for the oldest snapshot of the range) and `_commit_snapshot_id`.
   *
   * @throws as {@link Scan.sql} does
   */
  async sql(options: Abortable = {}): Promise<string> {
    const plans: ChangePlan[] = [];
    for (const [ordinal, snapshot] of this.#snapshots.entries()) {
      options.signal?.throwIfAborted();
      plans.push(await this.#plan(snapshot, ordinal));
    }
    const tasks = plans.flatMap((plan) => [
      ...plan.inserted,
      ...plan.removed,
      ...plan.altered.flatMap(({ before, after }) => [before, after]),
    ]);
    const input = {
      metadata: this.#metadata,
      schema: this.schema,
      filter: this.#options.filter,
      mapping: nameMappingOf(this.#metadata),
      columns: [...this.#columns, ...CHANGE_COLUMNS],
    };
    const fields = fieldsRead(input);
    const prepared = await prepareSources({ ...input, fields, tasks, io: this.#tools.io }, options);
    this[Symbol.dispose]();
    this.#lease = prepared.lease;
    return `(${relationsOf(plans, { ...input, sources: prepared.sources }, this.#columns).join(" UNION ALL ")})`;
  }

  async #plan(snapshot: Snapshot, ordinal: number): Promise<ChangePlan> {
    const change = { ordinal, snapshotId: snapshot.snapshotId };
    const marked = (task: FileTask): FileTask => ({ ...task, change });
    if (snapshot.operation === "append") {
      return { inserted: (await this.#appended(snapshot)).map(marked), removed: [], altered: [] };
    }
    const before = await this.#tasksOf(this.#parentOf(snapshot));
    const after = await this.#tasksOf(snapshot);
    const common = [...after].flatMap(([location, task]) => {
      const earlier = before.get(location);
      return earlier === undefined || sameDeletes(earlier, task)
        ? []
        : [{ before: marked(earlier), after: marked(task) }];
    });
    return {
      inserted: [...after].flatMap(([location, task]) => (before.has(location) ? [] : [marked(task)])),
      removed: [...before].flatMap(([location, task]) => (after.has(location) ? [] : [marked(task)])),
      altered: common,
    };
  }

  /** An append adds files and does nothing else. */
  async #appended(snapshot: Snapshot): Promise<readonly FileTask[]> {
    const { manifests } = this.#tools;
    const listed = await manifests.list(snapshot);
    const source = {
      manifests: listed.filter((each) => each.content === "data" && each.addedSnapshotId === snapshot.snapshotId),
      isWanted: (entry: { readonly status: string; readonly snapshotId: bigint | undefined }) =>
        entry.status === "added" && entry.snapshotId === snapshot.snapshotId,
    };
    return (await planFiles(this.#metadata, source, this.#predicate, manifests)).tasks;
  }

  async #tasksOf(snapshot: Snapshot | undefined): Promise<ReadonlyMap<string, FileTask>> {
    const { manifests } = this.#tools;
    const listed = await manifests.list(snapshot);
    const { tasks } = await planFiles(this.#metadata, { manifests: listed }, this.#predicate, manifests);
    return new Map(tasks.map((task) => [task.file.location, task]));
  }

  #parentOf({ parentSnapshotId }: Snapshot): Snapshot | undefined {
    if (parentSnapshotId === undefined) return undefined;
    return findSnapshot(this.#metadata, parentSnapshotId) ?? snapshotById(this.#metadata, parentSnapshotId);
  }

  /** Lets go of the local copies that the relation reads. */
  [Symbol.dispose](): void {
    this.#lease?.[Symbol.dispose]();
    this.#lease = undefined;
  }
}

function sameDeletes(one: FileTask, other: FileTask): boolean {
  return deletesKey(one) === deletesKey(other);
}

function deletesKey({ deletes }: FileTask): string {
  const keys = deletesOf(deletes).map(({ file }) => `${file.location} ${file.contentOffset ?? ""}`);
  return keys.toSorted().join("\n");
}

type ChangeInput = Omit<RelationInput, "tasks">;

/**
 * Files without deletes of all snapshots are read together; those with deletes apart for each snapshot, since a file
 * may have other deletes at the next.
 */
function relationsOf(plans: readonly ChangePlan[], input: ChangeInput, columns: readonly string[]): readonly string[] {
  const relations: string[] = [];
  const add = (kind: "INSERT" | "DELETE", relation: string): void => {
    const [ordinal, snapshot] = CHANGE_COLUMNS;
    const own = columns.map(sqlName).join(", ");
    relations.push(`SELECT ${own}, ${sqlText(kind)} AS _change_type, ${ordinal}, ${snapshot} FROM ${relation}`);
  };
  const isPlain = (task: FileTask): boolean => deletesOf(task.deletes).length === 0;
  const plain = { inserted: plans.flatMap((each) => each.inserted), removed: plans.flatMap((each) => each.removed) };
  add("INSERT", relationSql({ ...input, tasks: plain.inserted.filter(isPlain) }));
  add("DELETE", relationSql({ ...input, tasks: plain.removed.filter(isPlain) }));
  for (const { inserted, removed, altered } of plans) {
    const [added, gone] = [inserted.filter((task) => !isPlain(task)), removed.filter((task) => !isPlain(task))];
    if (added.length > 0) add("INSERT", relationSql({ ...input, tasks: added }));
    if (gone.length > 0) add("DELETE", relationSql({ ...input, tasks: gone }));
    if (altered.length === 0) continue;
    const [before, after] = [altered.map((each) => each.before), altered.map((each) => each.after)];
    add("DELETE", onlyIn(before, after, input));
    add("INSERT", onlyIn(after, before, input)); // None, unless a writer took deletes back.
  }
  return relations;
}

/** Rows that the first state of the files has and the second has not. */
function onlyIn(tasks: readonly FileTask[], others: readonly FileTask[], input: ChangeInput): string {
  const place = ["_file", "_pos"];
  const mine = relationSql({ ...input, tasks, columns: [...input.columns, ...place] });
  const theirs = relationSql({ ...input, tasks: others, columns: place, filter: undefined });
  return `(SELECT * EXCLUDE (${place.join(", ")}) FROM ${mine} m ANTI JOIN ${theirs} t USING (${place.join(", ")}))`;
}
