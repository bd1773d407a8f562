import { partitionFieldType } from "../core/partition-spec.ts";
import type { PrimitiveType } from "../core/types.ts";
import { sqlName, sqlText, sqlValue } from "../duckdb/duckdb-sql.ts";
import { readType } from "../duckdb/read-type.ts";
import { manifestContext } from "../manifest/manifest-store.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { FileTask } from "./plan.ts";

/**
 * Columns that every table has beside its own, when they are asked for by name:
 * - `_file` location of the data file, `_pos` position of the row in it, from 0
 * - `_spec_id`, `_partition` the file's partition spec and values; fields of other specs are null
 * - `_row_id`, `_last_updated_sequence_number` the row's lineage; null in a file without row ids
 *
 * @see https://iceberg.apache.org/spec/#reserved-field-ids
 */
export const METADATA_COLUMNS = [
  "_file",
  "_pos",
  "_spec_id",
  "_partition",
  "_row_id",
  "_last_updated_sequence_number",
] as const;
export type MetadataColumn = (typeof METADATA_COLUMNS)[number];

export const ROW_ID_ID = 2_147_483_540;
export const LAST_UPDATED_ID = 2_147_483_539;

/** Columns of a relation of changes, from the task's `change`. */
export const CHANGE_COLUMNS = ["_change_ordinal", "_commit_snapshot_id"] as const;
type ChangeColumn = (typeof CHANGE_COLUMNS)[number];
export type ExtraColumn = MetadataColumn | ChangeColumn;

export function isExtraColumn(name: string): name is ExtraColumn {
  return isMetadataColumn(name) || (CHANGE_COLUMNS as readonly string[]).includes(name);
}

export function isMetadataColumn(name: string): name is MetadataColumn {
  return (METADATA_COLUMNS as readonly string[]).includes(name);
}

/** Ids of the fields that a file may hold of such a column itself. */
export const LINEAGE_IDS: ReadonlyMap<string, number> = new Map([
  ["_row_id", ROW_ID_ID],
  ["_last_updated_sequence_number", LAST_UPDATED_ID],
]);

/** DuckDB's type of the column. */
export function metadataColumnType(name: ExtraColumn, metadata: TableMetadata): string {
  switch (name) {
    case "_file":
      return "VARCHAR";
    case "_spec_id":
    case "_change_ordinal":
      return "INTEGER";
    case "_partition":
      return partitionStructType(metadata);
    default:
      return "BIGINT";
  }
}

/** What is the same for all rows of a file: the column of the file table that {@link metadataColumnSql} reads. */
export function fileColumnSql(name: ExtraColumn, task: FileTask, metadata: TableMetadata): string | undefined {
  const { file, sequenceNumber, change } = task;
  switch (name) {
    case "_file":
      return sqlText(file.location);
    case "_spec_id":
      return `${file.specId}::INTEGER`;
    case "_partition":
      return partitionStructSql(file, metadata);
    case "_row_id":
      return `${file.firstRowId ?? "NULL"}::BIGINT`;
    case "_last_updated_sequence_number":
      return `${file.firstRowId === undefined ? "NULL" : sequenceNumber}::BIGINT`;
    case "_change_ordinal":
      return `${change?.ordinal ?? "NULL"}::INTEGER`;
    case "_commit_snapshot_id":
      return `${change?.snapshotId ?? "NULL"}::BIGINT`;
    case "_pos":
      return undefined;
  }
}

/** @param lineage SQL of what the file itself holds of the column */
export function metadataColumnSql(name: ExtraColumn, fileColumn: string, lineage: string | undefined): string {
  switch (name) {
    case "_pos":
      return "file_row_number";
    case "_row_id":
      return `coalesce(${lineage}, ${fileColumn} + file_row_number)`;
    case "_last_updated_sequence_number":
      return `coalesce(${lineage}, ${fileColumn})`;
    default:
      return fileColumn;
  }
}

export interface UnifiedPartitionField {
  readonly id: number;
  readonly name: string;
  readonly type: PrimitiveType;
}

const unified = new WeakMap<TableMetadata, readonly UnifiedPartitionField[]>();

/** The partition fields of all specs, each once, by id; a name that two of them share goes to the newer. */
export function unifiedPartitionFields(metadata: TableMetadata): readonly UnifiedPartitionField[] {
  const known = unified.get(metadata);
  if (known !== undefined) return known;
  const fields = new Map<number, UnifiedPartitionField>();
  for (const { specId } of metadata.partitionSpecs.toSorted((one, other) => one.specId - other.specId)) {
    const { schema, spec } = manifestContext(metadata, specId);
    for (const field of spec.fields) {
      const isGone = field.transform.kind === "void" && fields.has(field.fieldId); // Dropped in a table of format v1.
      if (isGone) continue;
      fields.set(field.fieldId, { id: field.fieldId, name: field.name, type: partitionFieldType(schema, field) });
    }
  }
  const all = [...fields.values()].toSorted((one, other) => one.id - other.id);
  const named = all.map((field) => {
    const isShadowed = all.some(({ id, name }) => id > field.id && name.toLowerCase() === field.name.toLowerCase());
    return isShadowed ? { ...field, name: `${field.name}_${field.id}` } : field;
  });
  unified.set(metadata, named);
  return named;
}

/** DuckDB has no empty struct: a table that never was partitioned has a null of type INTEGER. */
export function partitionStructType(metadata: TableMetadata): string {
  const fields = unifiedPartitionFields(metadata);
  if (fields.length === 0) return "INTEGER";
  return `STRUCT(${fields.map(({ name, type }) => `${sqlName(name)} ${readType(type)}`).join(", ")})`;
}

function partitionStructSql(file: FileTask["file"], metadata: TableMetadata): string {
  const fields = unifiedPartitionFields(metadata);
  if (fields.length === 0) return "NULL::INTEGER";
  const { spec } = manifestContext(metadata, file.specId);
  const parts = fields.map(({ id, name, type }) => {
    const value = file.partition[spec.fields.findIndex(({ fieldId }) => fieldId === id)];
    return `${sqlName(name)} := ${value === undefined ? `NULL::${readType(type)}` : sqlValue(type, value)}`;
  });
  return `struct_pack(${parts.join(", ")})`;
}
