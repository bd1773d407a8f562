import { formatJson, type JsonObject } from "../core/json.ts";
import { partitionFieldsJson } from "../core/partition-spec.ts";
import { schemaJson } from "../core/schema.ts";
import type { PrimitiveType } from "../core/types.ts";
import { type AvroRecord, encodeAvroFile } from "./avro-file.ts";
import { avroName, avroType, listOf, mapOf, optional, record, required } from "./avro-schema.ts";
import type { DataFile, EntryStatus, ManifestEntry } from "./data-file.ts";
import type { FieldMap } from "./field-map.ts";
import { type ManifestContext, partitionTypes } from "./manifest.ts";
import type { ManifestFile } from "./manifest-list.ts";
import { toAvro } from "./partition-value.ts";

export interface ManifestFormat {
  readonly formatVersion: number;
  /** A manifest lists data files or delete files, never both. */
  readonly content: ManifestFile["content"];
}

const STATUSES: readonly EntryStatus[] = ["existing", "added", "deleted"];
const CONTENTS: readonly DataFile["content"][] = ["data", "position-deletes", "equality-deletes"];
/** What Java writes in v1, where the field is required and means nothing any more. */
const V1_BLOCK_BYTES = 64n * 1024n * 1024n;

/** A manifest in the table's format version, 1 to 3. @see https://iceberg.apache.org/spec/#manifests */
export function encodeManifest(
  context: ManifestContext,
  entries: readonly ManifestEntry[],
  { formatVersion, content }: ManifestFormat,
): Uint8Array {
  const { schema, spec } = context;
  const types = partitionTypes(context);
  const metadata: Record<string, string> = {
    schema: formatJson(schemaJson(schema)),
    "schema-id": String(schema.schemaId),
    "partition-spec": formatJson(partitionFieldsJson(spec)),
    "partition-spec-id": String(spec.specId),
    "format-version": String(formatVersion),
  };
  if (formatVersion > 1) metadata["content"] = content;
  const names = spec.fields.map(({ name }) => avroName(name));
  return encodeAvroFile(
    formatVersion === 1 ? entrySchemaV1(context, types) : entrySchema(context, types, formatVersion),
    metadata,
    entries.map((entry) => entryRecord(entry, names, types)),
  );
}

function entrySchemaV1(context: ManifestContext, types: readonly PrimitiveType[]): JsonObject {
  const file = record("r2", [
    ...placeFields(context, types),
    required(105, "block_size_in_bytes", "long"),
    ...metricFields(),
    optional(131, "key_metadata", "bytes"),
    optional(132, "split_offsets", listOf(133, "long")),
    optional(140, "sort_order_id", "int"),
  ]);
  return record("manifest_entry", [
    required(0, "status", "int"),
    optional(1, "snapshot_id", "long"),
    required(2, "data_file", file),
  ]);
}

function entrySchema(context: ManifestContext, types: readonly PrimitiveType[], formatVersion: number): JsonObject {
  const file = record("r2", [
    required(134, "content", "int"),
    ...placeFields(context, types),
    ...metricFields(),
    optional(131, "key_metadata", "bytes"),
    optional(132, "split_offsets", listOf(133, "long")),
    optional(135, "equality_ids", listOf(136, "int")),
    optional(140, "sort_order_id", "int"),
    ...(formatVersion >= 3 ? [optional(142, "first_row_id", "long")] : []),
    optional(143, "referenced_data_file", "string"),
    ...(formatVersion >= 3
      ? [optional(144, "content_offset", "long"), optional(145, "content_size_in_bytes", "long")]
      : []),
  ]);
  return record("manifest_entry", [
    required(0, "status", "int"),
    optional(1, "snapshot_id", "long"),
    optional(3, "sequence_number", "long"),
    optional(4, "file_sequence_number", "long"),
    required(2, "data_file", file),
  ]);
}

function placeFields({ spec }: ManifestContext, types: readonly PrimitiveType[]): readonly JsonObject[] {
  const partition = spec.fields.map(({ fieldId, name }, index) =>
    optional(fieldId, avroName(name), avroType(types[index] ?? { kind: "int" }, `partition_${fieldId}`)),
  );
  return [
    required(100, "file_path", "string", "Location URI with FS scheme"),
    required(101, "file_format", "string"),
    required(102, "partition", record("r102", partition)),
    required(103, "record_count", "long"),
    required(104, "file_size_in_bytes", "long"),
  ];
}

function metricFields(): readonly JsonObject[] {
  return [
    optional(108, "column_sizes", mapOf(117, "int", 118, "long")),
    optional(109, "value_counts", mapOf(119, "int", 120, "long")),
    optional(110, "null_value_counts", mapOf(121, "int", 122, "long")),
    optional(137, "nan_value_counts", mapOf(138, "int", 139, "long")),
    optional(125, "lower_bounds", mapOf(126, "int", 127, "bytes")),
    optional(128, "upper_bounds", mapOf(129, "int", 130, "bytes")),
  ];
}

/** Holds the members of every version; the schema chooses among them. */
function entryRecord(entry: ManifestEntry, names: readonly string[], types: readonly PrimitiveType[]): AvroRecord {
  return {
    status: STATUSES.indexOf(entry.status),
    snapshot_id: entry.snapshotId ?? null,
    sequence_number: longOrNull(entry.sequenceNumber),
    file_sequence_number: longOrNull(entry.fileSequenceNumber),
    data_file: fileRecord(entry.file, names, types),
  };
}

function fileRecord(file: DataFile, names: readonly string[], types: readonly PrimitiveType[]): AvroRecord {
  const partition = names.map((name, index) => [name, toAvro(types[index] ?? { kind: "int" }, file.partition[index])]);
  return {
    content: CONTENTS.indexOf(file.content),
    file_path: file.location,
    file_format: file.format.toUpperCase(),
    partition: Object.fromEntries(partition),
    record_count: BigInt(file.recordCount),
    file_size_in_bytes: BigInt(file.byteLength),
    block_size_in_bytes: V1_BLOCK_BYTES,
    column_sizes: pairs(file.columnSizes, BigInt),
    value_counts: pairs(file.valueCounts, BigInt),
    null_value_counts: pairs(file.nullCounts, BigInt),
    nan_value_counts: pairs(file.nanCounts, BigInt),
    lower_bounds: pairs(file.lowerBounds, (bytes) => Buffer.from(bytes)),
    upper_bounds: pairs(file.upperBounds, (bytes) => Buffer.from(bytes)),
    key_metadata: file.keyMetadata === undefined ? null : Buffer.from(file.keyMetadata),
    split_offsets: file.splitOffsets.length > 0 ? file.splitOffsets.map(BigInt) : null,
    equality_ids: file.equalityIds.length > 0 ? file.equalityIds : null,
    sort_order_id: file.sortOrderId ?? null,
    first_row_id: file.firstRowId ?? null,
    referenced_data_file: file.referencedDataFile ?? null,
    content_offset: file.contentOffset ?? null,
    content_size_in_bytes: file.contentSize ?? null,
  };
}

function pairs<T, U>(map: FieldMap<T>, change: (value: T) => U): readonly AvroRecord[] | null {
  return map.size === 0 ? null : [...map].map(([key, value]) => ({ key, value: change(value) }));
}

function longOrNull(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}
