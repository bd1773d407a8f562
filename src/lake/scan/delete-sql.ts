import { indexSchema } from "../core/schema-index.ts";
import type { Field } from "../core/types.ts";
import { sqlName, sqlText } from "../duckdb/duckdb-sql.ts";
import { LakeCorruptError } from "../errors.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { DELETE_PATH_ID, type ListedFile } from "./delete-index.ts";
import type { FileReading } from "./file-reading.ts";
import { partitionKey } from "./partition-key.ts";
import type { FileTask } from "./plan.ts";
import type { Run } from "./roaring-bitmap.ts";

/** What a relation needs to know of the delete files: read beforehand, since SQL cannot wait. */
export interface DeleteSources {
  readonly metadata: TableMetadata;
  /** By location of the delete file: how to read it with these top-level fields. */
  reading(file: ListedFile, fields: readonly Field[]): FileReading;
  readonly pathOf: (location: string) => string;
  /** Positions of a deletion vector, by the task's file. */
  vector(listed: ListedFile): readonly Run[];
  isGlobal(listed: ListedFile): boolean;
}

const PATH_FIELD: Field = { id: DELETE_PATH_ID, name: "file_path", type: { kind: "string" }, required: true };
const POSITION_FIELD: Field = { id: 2_147_483_545, name: "pos", type: { kind: "long" }, required: true };

/** Rows of one file at most, and so many files of one branch: 2^23. */
const FILE_SCALE = "1099511627776";

/**
 * A condition on rows of `read_parquet` (its `file_index` and `file_row_number`) that leaves out those deleted by
 * position. A NOT IN of one number costs a third of an anti-join of two columns.
 */
export function positionConditionSql(tasks: readonly FileTask[], sources: DeleteSources): string | undefined {
  const parts = [...positionFilesSql(tasks, sources), ...vectorsSql(tasks, sources)];
  if (parts.length === 0) return undefined;
  return `file_index::BIGINT * ${FILE_SCALE} + file_row_number NOT IN (${parts.join(" UNION ALL ")})`;
}

function positionFilesSql(tasks: readonly FileTask[], sources: DeleteSources): readonly string[] {
  const files = new Set(tasks.flatMap(({ deletes }) => deletes.positions));
  const rows = tasks.flatMap(({ file, sequenceNumber, deletes }, index) =>
    deletes.positions.length === 0 ? [] : [`(${index}, ${sqlText(file.location)}, ${sequenceNumber})`],
  );
  return readingGroups(files, [PATH_FIELD, POSITION_FIELD], sources).map(({ reading, listed }) => {
    const [path, position] = [PATH_FIELD, POSITION_FIELD].map(({ id }) => reading.columns.get(id));
    const sequences = listed.map(({ sequenceNumber }, index) => `(${index}, ${sequenceNumber})`);
    return (
      `SELECT f.i::BIGINT * ${FILE_SCALE} + d.pos FROM (SELECT file_index AS j, ${path} AS p, ${position} AS pos ` +
      `FROM ${fromSql(reading, listed, sources)}) d JOIN (VALUES ${sequences.join(", ")}) t(j, seq) ON t.j = d.j ` +
      `JOIN (VALUES ${rows.join(", ")}) f(i, p, seq) ON f.p = d.p AND f.seq <= t.seq WHERE d.pos IS NOT NULL`
    );
  });
}

/** Of a list of so many runs, those of one position are shorter as a list of positions. */
function vectorsSql(tasks: readonly FileTask[], sources: DeleteSources): readonly string[] {
  const singles: string[] = [];
  const ranges: string[] = [];
  for (const [index, { deletes }] of tasks.entries()) {
    if (deletes.vector === undefined) continue;
    const runs = sources.vector(deletes.vector);
    const single = runs.filter(({ start, end }) => end - start === 1).map(({ start }) => start);
    const long = runs.filter(({ start, end }) => end - start > 1);
    if (single.length > 0) singles.push(`(${index}, '[${single.join()}]'::BIGINT[])`);
    if (long.length === 0) continue;
    const [starts, ends] = [long.map(({ start }) => start).join(), long.map(({ end }) => end).join()];
    ranges.push(`(${index}, '[${starts}]'::BIGINT[], '[${ends}]'::BIGINT[])`);
  }
  const parts: string[] = [];
  if (singles.length > 0) {
    parts.push(`SELECT i::BIGINT * ${FILE_SCALE} + unnest(p) FROM (VALUES ${singles.join(", ")}) v(i, p)`);
  }
  if (ranges.length > 0) {
    parts.push(
      `SELECT i::BIGINT * ${FILE_SCALE} + unnest(range(s, e)) FROM ` +
        `(SELECT i, unnest(ss) AS s, unnest(es) AS e FROM (VALUES ${ranges.join(", ")}) v(i, ss, es))`,
    );
  }
  return parts;
}

/** Columns of a delete file by equality, over the data file's rows and over its own. */
export interface EqualityColumn {
  readonly id: number;
  /** The top-level field that it is, or is in. */
  readonly top: Field;
  readonly field: Field;
  /** From SQL of the top-level field. */
  readonly within: (sql: string) => string;
}

/** The columns named by equality ids; a column dropped since still deletes rows of the files that hold it. */
export function equalityColumns(metadata: TableMetadata, ids: Iterable<number>): readonly EqualityColumn[] {
  const current = metadata.schemas.filter(({ schemaId }) => schemaId === metadata.currentSchemaId);
  const schemas = [...current, ...metadata.schemas.toReversed()];
  return [...new Set(ids)]
    .toSorted((one, other) => one - other)
    .map((id) => {
      const indexed = schemas.map((schema) => indexSchema(schema).byId.get(id)).find((each) => each !== undefined);
      if (indexed === undefined) {
        throw new LakeCorruptError(`Rows of ${metadata.location} are deleted by field ${id}, which no schema has`);
      }
      const path = [...indexed.parents, indexed.field];
      const names = path.slice(1).map(({ name }) => name);
      return {
        id,
        top: path[0] ?? indexed.field,
        field: indexed.field,
        within: (sql) => names.reduce((outer, name) => `struct_extract(${outer}, ${sqlText(name)})`, sql),
      };
    });
}

/** The equality ids of files that some task's deletes are by, each set once. */
export function equalityIdsOf(tasks: readonly FileTask[]): ReadonlySet<number> {
  return new Set(tasks.flatMap(({ deletes }) => deletes.equality.flatMap(({ file }) => file.equalityIds)));
}

/**
 * `ANTI JOIN …` clauses behind `FROM … JOIN f`, where f has the columns i, seq and part of {@link fileRowSql}.
 * Null equals null and NaN equals NaN; −0 and 0 differ, as Java compares them.
 */
export function equalityJoinsSql(
  tasks: readonly FileTask[],
  columns: ReadonlyMap<number, string>,
  sources: DeleteSources,
): readonly string[] {
  const files = new Set(tasks.flatMap(({ deletes }) => deletes.equality));
  const parts = partNumbers(tasks);
  const groups = Map.groupBy(
    files,
    (listed) => `${sources.isGlobal(listed)} ${[...listed.file.equalityIds].toSorted()}`,
  );
  return [...groups.values()].map((listed, index) => {
    const [first] = listed;
    if (first === undefined || first.file.equalityIds.length === 0) {
      throw new LakeCorruptError(`${first?.file.location} deletes rows by equality, but names no columns`);
    }
    const wanted = equalityColumns(sources.metadata, first.file.equalityIds);
    const isGlobal = sources.isGlobal(first);
    const deleted = deletedRowsSql(listed, { wanted, isGlobal, parts }, sources);
    const conditions = wanted.flatMap(({ id, top, field, within }) => {
      const mine = within(columns.get(top.id) ?? sqlName(top.name));
      return comparedSql(field, mine).map((sql, part) => `${sql} IS NOT DISTINCT FROM e${index}.k${id}_${part}`);
    });
    const scope = isGlobal ? [] : [`e${index}.part = f.part`];
    return `ANTI JOIN (${deleted}) e${index} ON ${[...conditions, `e${index}.seq > f.seq`, ...scope].join(" AND ")}`;
  });
}

interface Deleted {
  readonly wanted: readonly EqualityColumn[];
  readonly isGlobal: boolean;
  readonly parts: ReadonlyMap<string, number>;
}

/** Each key once, with the newest commit that deletes it: what deletes a row is any that is younger. */
function deletedRowsSql(
  listed: readonly ListedFile[],
  { wanted, isGlobal, parts }: Deleted,
  sources: DeleteSources,
): string {
  const fields = [...new Map(wanted.map(({ top }) => [top.id, top])).values()];
  const selects = readingGroups(new Set(listed), fields, sources).map(({ reading, listed: group }) => {
    const keys = wanted.flatMap(({ id, top, field, within }) =>
      comparedSql(field, within(reading.columns.get(top.id) ?? "NULL")).map((sql, part) => `${sql} AS k${id}_${part}`),
    );
    const rows = group.map(
      ({ file, sequenceNumber }, index) =>
        `(${index}, ${sequenceNumber}, ${isGlobal ? 0 : (parts.get(partitionKey(file)) ?? -1)})`,
    );
    return (
      `SELECT ${keys.join(", ")}, t.seq, t.part FROM ${fromSql(reading, group, sources)} ` +
      `JOIN (VALUES ${rows.join(", ")}) t(j, seq, part) ON file_index = t.j`
    );
  });
  const keys = wanted.flatMap(({ id, field }) => comparedSql(field, "").map((_, part) => `k${id}_${part}`));
  return `SELECT ${keys.join(", ")}, part, max(seq) AS seq FROM (${selects.join(" UNION ALL ")}) GROUP BY ALL`;
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

interface ReadingGroup {
  readonly reading: FileReading;
  readonly listed: readonly ListedFile[];
}

function readingGroups(
  files: ReadonlySet<ListedFile>,
  fields: readonly Field[],
  sources: DeleteSources,
): readonly ReadingGroup[] {
  const groups = new Map<string, { readonly reading: FileReading; readonly listed: ListedFile[] }>();
  for (const each of files) {
    const reading = sources.reading(each, fields);
    const group = groups.get(reading.key) ?? { reading, listed: [] };
    groups.set(reading.key, group);
    group.listed.push(each);
  }
  return [...groups.values()];
}

function fromSql(reading: FileReading, listed: readonly ListedFile[], { pathOf }: DeleteSources): string {
  return reading.from(listed.map(({ file }) => pathOf(file.location)));
}
