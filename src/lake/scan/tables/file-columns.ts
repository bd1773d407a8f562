import type { Json, JsonObject } from "../../core/json.ts";
import type { Schema } from "../../core/schema.ts";
import { indexSchema } from "../../core/schema-index.ts";
import { isPrimitive, type PrimitiveType } from "../../core/types.ts";
import type { Value } from "../../core/value.ts";
import { castText, sqlName } from "../../duckdb/duckdb-sql.ts";
import { readType } from "../../duckdb/read-type.ts";
import type { DataFile, ManifestEntry } from "../../manifest/data-file.ts";
import type { FieldMap } from "../../manifest/field-map.ts";
import { decodeBound, manifestContext } from "../../manifest/manifest-store.ts";
import type { TableMetadata } from "../../metadata/table-metadata.ts";
import { partitionStructType, unifiedPartitionFields } from "../metadata-columns.ts";
import { bytesText, objectOf, type RowColumn } from "./table-rows.ts";

const CONTENTS: readonly DataFile["content"][] = ["data", "position-deletes", "equality-deletes"];
const STATUSES: readonly ManifestEntry["status"][] = ["existing", "added", "deleted"];

/** Columns of `files` and its kin, as Iceberg's own metadata tables have them. */
export function fileColumns(metadata: TableMetadata, schema: Schema): readonly RowColumn<DataFile>[] {
  const isPartitioned = unifiedPartitionFields(metadata).length > 0;
  const partition: RowColumn<DataFile> = {
    name: "partition",
    type: partitionStructType(metadata),
    value: (file) => partitionJson(file, metadata),
  };
  return [
    { name: "content", type: "INTEGER", value: ({ content }) => CONTENTS.indexOf(content) },
    { name: "file_path", type: "VARCHAR", value: ({ location }) => location },
    { name: "file_format", type: "VARCHAR", value: ({ format }) => format.toUpperCase() },
    { name: "spec_id", type: "INTEGER", value: ({ specId }) => specId },
    ...(isPartitioned ? [partition] : []),
    { name: "record_count", type: "BIGINT", value: ({ recordCount }) => recordCount },
    { name: "file_size_in_bytes", type: "BIGINT", value: ({ byteLength }) => byteLength },
    ...COUNT_COLUMNS,
    { name: "lower_bounds", type: "MAP(INTEGER, BLOB)", value: ({ lowerBounds }) => mapJson(lowerBounds, bytesText) },
    { name: "upper_bounds", type: "MAP(INTEGER, BLOB)", value: ({ upperBounds }) => mapJson(upperBounds, bytesText) },
    { name: "key_metadata", type: "BLOB", value: ({ keyMetadata }) => bytesText(keyMetadata) },
    { name: "split_offsets", type: "BIGINT[]", value: ({ splitOffsets }) => listJson(splitOffsets) },
    { name: "equality_ids", type: "INTEGER[]", value: ({ equalityIds }) => listJson(equalityIds) },
    { name: "sort_order_id", type: "INTEGER", value: ({ sortOrderId }) => sortOrderId },
    { name: "first_row_id", type: "BIGINT", value: ({ firstRowId }) => firstRowId },
    { name: "referenced_data_file", type: "VARCHAR", value: ({ referencedDataFile }) => referencedDataFile },
    { name: "content_offset", type: "BIGINT", value: ({ contentOffset }) => contentOffset },
    { name: "content_size_in_bytes", type: "BIGINT", value: ({ contentSize }) => contentSize },
    ...readableMetrics(schema),
  ];
}

const COUNT_COLUMNS: readonly RowColumn<DataFile>[] = [
  { name: "column_sizes", type: "MAP(INTEGER, BIGINT)", value: ({ columnSizes }) => mapJson(columnSizes, Number) },
  { name: "value_counts", type: "MAP(INTEGER, BIGINT)", value: ({ valueCounts }) => mapJson(valueCounts, Number) },
  { name: "null_value_counts", type: "MAP(INTEGER, BIGINT)", value: ({ nullCounts }) => mapJson(nullCounts, Number) },
  { name: "nan_value_counts", type: "MAP(INTEGER, BIGINT)", value: ({ nanCounts }) => mapJson(nanCounts, Number) },
];

/** Columns of `entries`: the file within a struct. */
export function entryColumns(metadata: TableMetadata, schema: Schema): readonly RowColumn<ManifestEntry>[] {
  const columns = fileColumns(metadata, schema);
  const inner = columns.filter(({ name }) => name !== "readable_metrics");
  const readable = columns.filter(({ name }) => name === "readable_metrics");
  return [
    { name: "status", type: "INTEGER", value: ({ status }) => STATUSES.indexOf(status) },
    { name: "snapshot_id", type: "BIGINT", value: ({ snapshotId }) => snapshotId },
    { name: "sequence_number", type: "BIGINT", value: ({ sequenceNumber }) => sequenceNumber },
    { name: "file_sequence_number", type: "BIGINT", value: ({ fileSequenceNumber }) => fileSequenceNumber },
    {
      name: "data_file",
      type: `STRUCT(${inner.map(({ name, type }) => `${sqlName(name)} ${type}`).join(", ")})`,
      value: ({ file }) => objectOf(inner, file),
    },
    ...readable.map(({ value, ...rest }): RowColumn<ManifestEntry> => ({ ...rest, value: ({ file }) => value(file) })),
  ];
}

function mapJson<T>(map: FieldMap<T>, json: (value: T) => Json | undefined): JsonObject | undefined {
  if (map.size === 0) return undefined;
  const object: Record<string, Json> = {};
  for (const [id, value] of map) object[id] = json(value) ?? null;
  return object;
}

function listJson(list: readonly number[]): Json | undefined {
  return list.length === 0 ? undefined : list;
}

export function partitionJson(file: DataFile, metadata: TableMetadata): JsonObject {
  const { spec } = manifestContext(metadata, file.specId);
  return Object.fromEntries(
    unifiedPartitionFields(metadata).map(({ id, name, type }) => {
      const value = file.partition[spec.fields.findIndex(({ fieldId }) => fieldId === id)];
      return [name, value === undefined ? undefined : valueText(type, value)];
    }),
  );
}

/** As DuckDB casts it from JSON. */
function valueText(type: PrimitiveType, value: Value): string {
  return value instanceof Uint8Array ? (bytesText(value) ?? "") : castText(type, value);
}

const METRICS = ["column_size", "value_count", "null_value_count", "nan_value_count", "lower_bound", "upper_bound"];

/** A struct of each primitive column's metrics, with bounds in the column's own type, by the column's full name. */
function readableMetrics(schema: Schema): readonly RowColumn<DataFile>[] {
  const columns = [...indexSchema(schema).byId.values()]
    .flatMap(({ field: { id, type }, name }) =>
      isPrimitive(type) && type.kind !== "opaque" ? [{ id, name, type }] : [],
    )
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  if (columns.length === 0) return [];
  const members = columns.map(({ name, type }) => {
    const types = METRICS.map((metric) => `${metric} ${metric.endsWith("bound") ? readType(type) : "BIGINT"}`);
    return `${sqlName(name)} STRUCT(${types.join(", ")})`;
  });
  return [
    {
      name: "readable_metrics",
      type: `STRUCT(${members.join(", ")})`,
      value: (file) => Object.fromEntries(columns.map(({ id, name, type }) => [name, metricsJson(file, id, type)])),
    },
  ];
}

function metricsJson(file: DataFile, id: number, type: PrimitiveType): JsonObject {
  const [lower, upper] = [decodeBound(type, file.lowerBounds.get(id)), decodeBound(type, file.upperBounds.get(id))];
  return {
    column_size: file.columnSizes.get(id),
    value_count: file.valueCounts.get(id),
    null_value_count: file.nullCounts.get(id),
    nan_value_count: file.nanCounts.get(id),
    lower_bound: lower === undefined ? undefined : valueText(type, lower),
    upper_bound: upper === undefined ? undefined : valueText(type, upper),
  };
}
