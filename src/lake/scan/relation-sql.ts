import type { NameMapping } from "../core/name-mapping.ts";
import type { Predicate } from "../core/predicate.ts";
import { columnNamed, type Schema } from "../core/schema.ts";
import type { Field } from "../core/types.ts";
import { predicateSql, sqlName } from "../duckdb/duckdb-sql.ts";
import { readType } from "../duckdb/read-type.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ListedFile } from "./delete-index.ts";
import { type DeleteSources, positionConditionSql } from "./delete-sql.ts";
import { equalityColumns } from "./equality-columns.ts";
import { equalityIdsOf, equalityJoinsSql, equalitySets, MIXED, partNumbers } from "./equality-sql.ts";
import { type FileReading, readingOf } from "./file-reading.ts";
import {
  type ExtraColumn,
  fileColumnSql,
  isExtraColumn,
  LINEAGE_IDS,
  metadataColumnSql,
  metadataColumnType,
} from "./metadata-columns.ts";
import { partitionKey } from "./partition-key.ts";
import type { PhysicalSchema } from "./physical-schema.ts";
import type { FileTask } from "./plan.ts";
import type { Run } from "./roaring-bitmap.ts";

export interface RelationInput {
  readonly metadata: TableMetadata;
  readonly schema: Schema;
  /** Of the schema, or metadata columns. */
  readonly columns: readonly string[];
  readonly filter: Predicate | undefined;
  readonly tasks: readonly FileTask[];
  readonly mapping: NameMapping | undefined;
  readonly sources: RelationSources;
}

/** What was found out of the files beforehand. */
export interface RelationSources {
  readonly pathOf: (location: string) => string;
  /** Undefined where a file is known to hold the columns as the table has them. */
  readonly physicalOf: (file: DataFile) => PhysicalSchema | undefined;
  readonly vector: (listed: ListedFile) => readonly Run[];
  readonly isGlobal: (listed: ListedFile) => boolean;
}

/**
 * `(SELECT … FROM (SELECT … FROM read_parquet([…], schema := MAP {…}) UNION ALL …) WHERE …)`: files without deletes in one
 * plain read, those with deletes apart, so that only they pay for them. Of no files, an empty relation of the same columns.
 */
export function relationSql(input: RelationInput): string {
  const { schema, columns, filter, tasks, metadata } = input;
  if (tasks.length === 0) {
    const nulls = columns.map((name) => `NULL::${columnType(name, schema, metadata)} AS ${sqlName(name)}`);
    return `(SELECT ${nulls.join(", ")} WHERE false)`;
  }
  const branches = branchesOf(input).map((branch) => branchSql(branch, input));
  const [first = ""] = branches;
  const from = branches.length === 1 ? `(${first})` : `(${branches.join(" UNION ALL ")})`;
  const where = filter === undefined ? "" : ` WHERE ${predicateSql(schema, filter)}`;
  return `(SELECT ${columns.map(sqlName).join(", ")} FROM ${from}${where})`;
}

function columnType(name: string, schema: Schema, metadata: TableMetadata): string {
  return isOwn(name, schema) || !isExtraColumn(name)
    ? readType(columnNamed(schema, name).type)
    : metadataColumnType(name, metadata);
}

/** A column of the table goes before a metadata column of the same name. */
function isOwn(name: string, schema: Schema): boolean {
  return schema.fields.some((field) => field.name === name);
}

export function metadataColumnsOf(columns: readonly string[], schema: Schema): readonly ExtraColumn[] {
  return columns.filter((name) => !isOwn(name, schema)).filter(isExtraColumn);
}

/** The table's columns that must be read, those of the filter too, each once. */
export function fieldsRead({
  schema,
  columns,
  filter,
}: Pick<RelationInput, "schema" | "columns" | "filter">): readonly Field[] {
  const names = new Set([
    ...columns.filter((name) => isOwn(name, schema)),
    ...(filter === undefined ? [] : columnsIn(filter)),
  ]);
  return [...names].map((name) => columnNamed(schema, name));
}

function columnsIn(predicate: Predicate): ReadonlySet<string> {
  if ("column" in predicate) return new Set([predicate.column]);
  const parts = "not" in predicate ? [predicate.not] : "and" in predicate ? predicate.and : predicate.or;
  return new Set(parts.flatMap((part) => [...columnsIn(part)]));
}

/** Files that are read alike. */
interface Branch {
  readonly reading: FileReading;
  readonly tasks: FileTask[];
  readonly byPosition: boolean;
  /** Which delete files, as {@link equalitySets} tells; undefined of files without deletes by equality. */
  readonly byEquality: string | undefined;
}

function isByPosition({ deletes }: FileTask): boolean {
  return deletes.positions.length > 0 || deletes.vector !== undefined;
}

function branchesOf(input: RelationInput): readonly Branch[] {
  const { metadata, mapping, tasks, sources } = input;
  const plain = withLineage(input, fieldsRead(input));
  const withKeys = [...plain, ...equalityColumns(metadata, equalityIdsOf(tasks)).map(({ top }) => top)];
  const all = [...new Map(withKeys.toReversed().map((field) => [field.id, field])).values()].toReversed();
  const readings = readingMemo(metadata, mapping);
  const setOf = equalitySets(tasks.filter(({ deletes }) => deletes.equality.length > 0));
  const branches = new Map<string, Branch>();
  for (const task of tasks) {
    const byPosition = isByPosition(task);
    const byEquality = task.deletes.equality.length > 0 ? setOf(task) : undefined;
    const reading = readings(task.file, sources.physicalOf(task.file), byEquality === undefined ? plain : all);
    const key = `${byPosition} ${byEquality} ${reading.key}`;
    const branch = branches.get(key) ?? { reading, tasks: [], byPosition, byEquality };
    branches.set(key, branch);
    branch.tasks.push(task);
  }
  return [...branches.values()];
}

function withLineage({ columns, schema }: RelationInput, fields: readonly Field[]): readonly Field[] {
  const lineage = metadataColumnsOf(columns, schema).flatMap((name): readonly Field[] => {
    const id = LINEAGE_IDS.get(name);
    return id === undefined ? [] : [{ id, name, type: { kind: "long" }, required: false }];
  });
  return [...fields, ...lineage];
}

type Readings = (file: DataFile, physical: PhysicalSchema | undefined, fields: readonly Field[]) => FileReading;

/** Files of one partition and one layout are read alike: finding out once is enough. */
function readingMemo(metadata: TableMetadata, mapping: NameMapping | undefined): Readings {
  const known = new Map<readonly Field[], Map<string, FileReading>>();
  const hasConstants = metadata.partitionSpecs.some((spec) =>
    spec.fields.some(({ transform }) => transform.kind === "identity"),
  );
  return (file, physical, fields) => {
    const input = { metadata, fields, mapping };
    if (physical !== undefined) return readingOf(file, physical, input);
    const readings = known.get(fields) ?? new Map<string, FileReading>();
    known.set(fields, readings);
    const key = hasConstants && physical !== undefined ? partitionKey(file) : "";
    const reading = readings.get(key) ?? readingOf(file, physical, input);
    readings.set(key, reading);
    return reading;
  };
}

function branchSql({ reading, tasks, byPosition, byEquality }: Branch, input: RelationInput): string {
  const { metadata, schema, columns, mapping, sources } = input;
  const deleteSources: DeleteSources = {
    metadata,
    pathOf: sources.pathOf,
    vector: sources.vector,
    isGlobal: sources.isGlobal,
    reading: ({ file }, fields) => readingOf(file, sources.physicalOf(file), { metadata, fields, mapping }),
  };
  const extras = metadataColumnsOf(columns, schema);
  const selected = [
    ...fieldsRead(input).map(({ id, name }) => `${reading.columns.get(id)} AS ${sqlName(name)}`),
    ...extras.map((name, index) => {
      const lineage = reading.columns.get(LINEAGE_IDS.get(name) ?? -1);
      return `${metadataColumnSql(name, `f.m${index}`, lineage)} AS ${sqlName(name)}`;
    }),
  ];
  const paths = tasks.map(({ file }) => sources.pathOf(file.location));
  const condition = byPosition ? positionConditionSql(tasks, deleteSources) : undefined;
  const { joins, needsFiles } =
    byEquality === undefined
      ? { joins: [], needsFiles: false }
      : equalityJoinsSql({ tasks, isMixed: byEquality === MIXED }, reading.columns, deleteSources);
  return [
    `SELECT ${selected.length === 0 ? "1" : selected.join(", ")} FROM ${reading.from(paths)}`,
    needsFiles || extras.some((name) => name !== "_pos")
      ? `JOIN ${fileTableSql(tasks, extras, metadata)} ON f.i = file_index`
      : "",
    ...joins,
    condition === undefined ? "" : `WHERE ${condition}`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** What is the same for all rows of a file, by the file's place in the list that is read. */
function fileTableSql(tasks: readonly FileTask[], extras: readonly ExtraColumn[], metadata: TableMetadata): string {
  const parts = partNumbers(tasks);
  const rows = tasks.map((task, index) => {
    const constants = extras.map((name) => fileColumnSql(name, task, metadata) ?? "NULL");
    return `(${[index, task.sequenceNumber, parts.get(partitionKey(task.file)) ?? -1, ...constants].join(", ")})`;
  });
  return `(VALUES ${rows.join(", ")}) f(${["i", "seq", "part", ...extras.map((_, index) => `m${index}`)].join(", ")})`;
}
