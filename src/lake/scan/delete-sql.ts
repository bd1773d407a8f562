import type { Field } from "../core/types.ts";
import { sqlText } from "../duckdb/duckdb-sql.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { DELETE_PATH_ID, type ListedFile } from "./delete-index.ts";
import type { FileReading } from "./file-reading.ts";
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

/** Delete files that are read alike. */
interface ReadingGroup {
  readonly reading: FileReading;
  readonly listed: readonly ListedFile[];
}

export function readingGroups(
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

export function fromSql(reading: FileReading, listed: readonly ListedFile[], { pathOf }: DeleteSources): string {
  return reading.from(listed.map(({ file }) => pathOf(file.location)));
}
