import type { Field } from "../core/types.ts";
import { sqlName } from "../duckdb/duckdb-sql.ts";
import { LakeCorruptError } from "../errors.ts";
import type { ListedFile } from "./delete-index.ts";
import { type DeleteSources, fromSql, readingGroups } from "./delete-sql.ts";
import { type EqualityColumn, equalityColumns } from "./equality-columns.ts";
import type { FileReading } from "./file-reading.ts";
import { partitionKey } from "./partition-key.ts";
import type { FileTask } from "./plan.ts";

/** The equality ids of files that some task's deletes are by, each set once. */
export function equalityIdsOf(tasks: readonly FileTask[]): ReadonlySet<number> {
  return new Set(tasks.flatMap(({ deletes }) => deletes.equality.flatMap(({ file }) => file.equalityIds)));
}

/** Rows of delete files that a scan may read more than once, so that fewer of its rows need be looked at closely. */
const ROWS_AGAIN_MAX = 1_000_000;
const SETS_MAX = 16;

/**
 * Tells apart tasks whose rows are deleted by different files: those of one set need no look at which delete is younger than
 * which file, and no look at their partitions. Where there are too many sets, such as in a table that deletes and appends
 * with every commit, all are one.
 */
export function equalitySets(tasks: readonly FileTask[]): (task: FileTask) => string {
  const numbers = new Map<ListedFile, number>();
  const sets = new Map<string, number>();
  const setOf = ({ deletes: { equality } }: FileTask): string =>
    equality
      .map((listed) => {
        const number = numbers.get(listed) ?? numbers.size;
        numbers.set(listed, number);
        return number;
      })
      .toSorted((one, other) => one - other)
      .join();
  const rowsOf = (listed: Iterable<ListedFile>): number => {
    let rows = 0;
    for (const { file } of listed) rows += file.recordCount;
    return rows;
  };
  for (const task of tasks) {
    const set = setOf(task);
    if (!sets.has(set)) sets.set(set, rowsOf(task.deletes.equality));
    if (sets.size > SETS_MAX) return () => MIXED;
  }
  const rows = [...sets.values()].reduce((sum, each) => sum + each, 0);
  return rows - rowsOf(numbers.keys()) > ROWS_AGAIN_MAX ? () => MIXED : setOf;
}

/** The set of tasks that are looked at together whatever deletes their rows. */
export const MIXED = "mixed";

/** The `ANTI JOIN …` clauses of a branch, and whether they want a table f of its files behind `FROM … JOIN f`. */
export interface EqualityJoins {
  readonly joins: readonly string[];
  readonly needsFiles: boolean;
}

/**
 * What leaves out the rows that are deleted by equality. Of a mixed set of tasks, f has the columns i, seq and part.
 * Null equals null and NaN equals NaN; −0 and 0 differ, as Java compares them.
 */
export function equalityJoinsSql(
  { tasks, isMixed }: { readonly tasks: readonly FileTask[]; readonly isMixed: boolean },
  columns: ReadonlyMap<number, string>,
  sources: DeleteSources,
): EqualityJoins {
  const files = new Set(tasks.flatMap(({ deletes }) => deletes.equality));
  const parts = isMixed ? partNumbers(tasks) : undefined;
  const groups = Map.groupBy(
    files,
    (listed) => `${isMixed && sources.isGlobal(listed)} ${[...listed.file.equalityIds].toSorted()}`,
  );
  const joins = [...groups.values()].map((listed, index) => {
    const [first] = listed;
    if (first === undefined || first.file.equalityIds.length === 0) {
      throw new LakeCorruptError(`${first?.file.location} deletes rows by equality, but names no columns`);
    }
    const wanted = equalityColumns(sources.metadata, first.file.equalityIds);
    const conditions = wanted.flatMap(({ id, top, field, within }) => {
      const mine = within(columns.get(top.id) ?? sqlName(top.name));
      return comparedSql(field, mine).map((sql, part) => `${sql} IS NOT DISTINCT FROM e${index}.k${id}_${part}`);
    });
    if (parts === undefined) {
      return `ANTI JOIN (${deletedKeysSql(listed, wanted, sources)}) e${index} ON ${conditions.join(" AND ")}`;
    }
    const isGlobal = sources.isGlobal(first);
    const deleted = agedKeysSql(listed, { wanted, isGlobal, parts }, sources);
    const scope = isGlobal ? [] : [`e${index}.part = f.part`];
    return `ANTI JOIN (${deleted}) e${index} ON ${[...conditions, `e${index}.seq > f.seq`, ...scope].join(" AND ")}`;
  });
  return { joins, needsFiles: isMixed };
}

/** The keys of files that all delete rows of all of the branch's files. */
function deletedKeysSql(
  listed: readonly ListedFile[],
  wanted: readonly EqualityColumn[],
  sources: DeleteSources,
): string {
  return readingGroups(new Set(listed), topFields(wanted), sources)
    .map(({ reading, listed: group }) => `SELECT ${keysSql(wanted, reading)} FROM ${fromSql(reading, group, sources)}`)
    .join(" UNION ALL ");
}

interface AgedKeys {
  readonly wanted: readonly EqualityColumn[];
  readonly isGlobal: boolean;
  readonly parts: ReadonlyMap<string, number>;
}

/** Each key once, with the newest commit that deletes it: what deletes a row is any that is younger. */
function agedKeysSql(
  listed: readonly ListedFile[],
  { wanted, isGlobal, parts }: AgedKeys,
  sources: DeleteSources,
): string {
  const selects = readingGroups(new Set(listed), topFields(wanted), sources).map(({ reading, listed: group }) => {
    const rows = group.map(
      ({ file, sequenceNumber }, index) =>
        `(${index}, ${sequenceNumber}, ${isGlobal ? 0 : (parts.get(partitionKey(file)) ?? -1)})`,
    );
    return (
      `SELECT ${keysSql(wanted, reading)}, t.seq, t.part FROM ${fromSql(reading, group, sources)} ` +
      `JOIN (VALUES ${rows.join(", ")}) t(j, seq, part) ON file_index = t.j`
    );
  });
  const keys = wanted.flatMap(({ id, field }) => comparedSql(field, "").map((_, part) => `k${id}_${part}`));
  return `SELECT ${keys.join(", ")}, part, max(seq) AS seq FROM (${selects.join(" UNION ALL ")}) GROUP BY ALL`;
}

function topFields(wanted: readonly EqualityColumn[]): readonly Field[] {
  return [...new Map(wanted.map(({ top }) => [top.id, top])).values()];
}

/** The columns by which rows are found, over the delete file's own rows. */
function keysSql(wanted: readonly EqualityColumn[], { columns }: FileReading): string {
  return wanted
    .flatMap(({ id, top, field, within }) =>
      comparedSql(field, within(columns.get(top.id) ?? "NULL")).map((sql, part) => `${sql} AS k${id}_${part}`),
    )
    .join(", ");
}

function comparedSql({ type }: Field, sql: string): readonly string[] {
  const isFloat = type.kind === "float" || type.kind === "double";
  return isFloat ? [sql, `(${sql} = 0 AND signbit(${sql}))`] : [sql];
}

/** Partitions of a branch's files, numbered. */
export function partNumbers(tasks: readonly FileTask[]): ReadonlyMap<string, number> {
  const keys = new Set(tasks.map(({ file }) => partitionKey(file)));
  return new Map([...keys].map((key, index) => [key, index]));
}
