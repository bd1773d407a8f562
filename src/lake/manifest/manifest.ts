import { formatJson, type JsonObject } from "../core/json.ts";
import { type PartitionSpec, partitionFieldsJson, partitionFieldType } from "../core/partition-spec.ts";
import { type Schema, schemaJson } from "../core/schema.ts";
import type { PrimitiveType } from "../core/types.ts";
import { type AvroRecord, decodeAvroFile, encodeAvroFile } from "./avro-file.ts";
import { avroName, avroType, listOf, mapOf, optional, record, required } from "./avro-schema.ts";
import type { DataFile, EntryStatus, ManifestEntry } from "./data-file.ts";
import { FieldIds, type FieldMap, PackedBytes, PackedNumbers } from "./field-map.ts";
import { fromAvro, toAvro } from "./partition-value.ts";

/** What a manifest's partition tuples mean; a manifest holds files of one spec. */
export interface ManifestContext {
  readonly schema: Schema;
  readonly spec: PartitionSpec;
}

const PARTITION_ID = 102;
const NAMES: ReadonlyMap<number, string> = new Map([
  [0, "status"],
  [1, "snapshot_id"],
  [3, "sequence_number"],
  [4, "file_sequence_number"],
  [2, "data_file"],
  [134, "content"],
  [100, "file_path"],
  [101, "file_format"],
  [PARTITION_ID, "partition"],
  [103, "record_count"],
  [104, "file_size_in_bytes"],
  [108, "column_sizes"],
  [109, "value_counts"],
  [110, "null_value_counts"],
  [137, "nan_value_counts"],
  [125, "lower_bounds"],
  [128, "upper_bounds"],
  [132, "split_offsets"],
  [135, "equality_ids"],
  [140, "sort_order_id"],
  [142, "first_row_id"],
  [143, "referenced_data_file"],
  [144, "content_offset"],
  [145, "content_size_in_bytes"],
  ...[117, 119, 121, 138, 126, 129].map((id): [number, string] => [id, "key"]),
  ...[118, 120, 122, 139, 127, 130].map((id): [number, string] => [id, "value"]),
]);

const STATUSES: readonly EntryStatus[] = ["existing", "added", "deleted"];
const CONTENTS: readonly DataFile["content"][] = ["data", "position-deletes", "equality-deletes"];

export function partitionTypes({ schema, spec }: ManifestContext): readonly PrimitiveType[] {
  return spec.fields.map((field) => partitionFieldType(schema, field));
}

/** The Avro schema of a v2 manifest of data files. @see https://iceberg.apache.org/spec/#manifests */
function manifestSchema({ spec }: ManifestContext, types: readonly PrimitiveType[]): JsonObject {
  const partition = spec.fields.map(({ fieldId, name }, index) =>
    optional(fieldId, avroName(name), avroType(types[index] ?? { kind: "int" }, `partition_${fieldId}`)),
  );
  const file = record("r2", [
    required(134, "content", "int"),
    required(100, "file_path", "string", "Location URI with FS scheme"),
    required(101, "file_format", "string"),
    required(PARTITION_ID, "partition", record("r102", partition)),
    required(103, "record_count", "long"),
    required(104, "file_size_in_bytes", "long"),
    optional(108, "column_sizes", mapOf(117, "int", 118, "long")),
    optional(109, "value_counts", mapOf(119, "int", 120, "long")),
    optional(110, "null_value_counts", mapOf(121, "int", 122, "long")),
    optional(137, "nan_value_counts", mapOf(138, "int", 139, "long")),
    optional(125, "lower_bounds", mapOf(126, "int", 127, "bytes")),
    optional(128, "upper_bounds", mapOf(129, "int", 130, "bytes")),
    optional(132, "split_offsets", listOf(133, "long")),
    optional(135, "equality_ids", listOf(136, "int")),
    optional(140, "sort_order_id", "int"),
  ]);
  return record("manifest_entry", [
    required(0, "status", "int"),
    optional(1, "snapshot_id", "long"),
    optional(3, "sequence_number", "long"),
    optional(4, "file_sequence_number", "long"),
    required(2, "data_file", file),
  ]);
}

/** A manifest of data files in format v2. */
export function encodeManifest(context: ManifestContext, entries: readonly ManifestEntry[]): Uint8Array {
  const { schema, spec } = context;
  const types = partitionTypes(context);
  const metadata = {
    schema: formatJson(schemaJson(schema)),
    "schema-id": String(schema.schemaId),
    "partition-spec": formatJson(partitionFieldsJson(spec)),
    "partition-spec-id": String(spec.specId),
    "format-version": "2",
    content: "data",
  };
  const names = spec.fields.map(({ name }) => avroName(name));
  return encodeAvroFile(
    manifestSchema(context, types),
    metadata,
    entries.map((entry) => entryRecord(entry, names, types)),
  );
}

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
    column_sizes: pairs(file.columnSizes, BigInt),
    value_counts: pairs(file.valueCounts, BigInt),
    null_value_counts: pairs(file.nullCounts, BigInt),
    nan_value_counts: pairs(file.nanCounts, BigInt),
    lower_bounds: pairs(file.lowerBounds, (bytes) => Buffer.from(bytes)),
    upper_bounds: pairs(file.upperBounds, (bytes) => Buffer.from(bytes)),
    split_offsets: file.splitOffsets.length > 0 ? file.splitOffsets.map(BigInt) : null,
    equality_ids: file.equalityIds.length > 0 ? file.equalityIds : null,
    sort_order_id: file.sortOrderId ?? null,
  };
}

function pairs<T, U>(map: FieldMap<T>, change: (value: T) => U): readonly AvroRecord[] | null {
  return map.size === 0 ? null : [...map].map(([key, value]) => ({ key, value: change(value) }));
}

function longOrNull(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}

/** Reads manifests of format v1 to v3, of data or delete files, whatever their writer named the fields. */
export function decodeManifest(context: ManifestContext, bytes: Uint8Array): readonly ManifestEntry[] {
  const types = partitionTypes(context);
  const partitionNames = new Map(context.spec.fields.map(({ fieldId }) => [fieldId, `p${fieldId}`]));
  const ids = new FieldIds();
  const { records } = decodeAvroFile(bytes, (id, written) => NAMES.get(id) ?? partitionNames.get(id) ?? written);
  return records.map((row) => ({
    status: STATUSES[Number(row["status"])] ?? "added",
    snapshotId: (row["snapshot_id"] as bigint | null | undefined) ?? undefined,
    sequenceNumber: numberOf(row["sequence_number"]),
    fileSequenceNumber: numberOf(row["file_sequence_number"]),
    file: readFile(row["data_file"] as AvroRecord, { ...context, types, ids }),
  }));
}

interface ReadContext extends ManifestContext {
  readonly types: readonly PrimitiveType[];
  readonly ids: FieldIds;
}

function readFile(row: AvroRecord, { spec, types, ids }: ReadContext): DataFile {
  const partition = row["partition"] as AvroRecord;
  return {
    content: CONTENTS[Number(row["content"] ?? 0)] ?? "data",
    location: String(row["file_path"]),
    format: String(row["file_format"]).toLowerCase(),
    specId: spec.specId,
    partition: spec.fields.map(({ fieldId }, index) =>
      fromAvro(types[index] ?? { kind: "int" }, partition[`p${fieldId}`]),
    ),
    recordCount: Number(row["record_count"]),
    byteLength: Number(row["file_size_in_bytes"]),
    columnSizes: readNumbers(row["column_sizes"], ids),
    valueCounts: readNumbers(row["value_counts"], ids),
    nullCounts: readNumbers(row["null_value_counts"], ids),
    nanCounts: readNumbers(row["nan_value_counts"], ids),
    lowerBounds: readBytes(row["lower_bounds"], ids),
    upperBounds: readBytes(row["upper_bounds"], ids),
    splitOffsets: ((row["split_offsets"] as readonly bigint[] | null | undefined) ?? []).map(Number),
    equalityIds: (row["equality_ids"] as readonly number[] | null | undefined) ?? [],
    sortOrderId: numberOf(row["sort_order_id"]),
    firstRowId: (row["first_row_id"] as bigint | null | undefined) ?? undefined,
    referencedDataFile: (row["referenced_data_file"] as string | null | undefined) ?? undefined,
    contentOffset: (row["content_offset"] as bigint | null | undefined) ?? undefined,
    contentSize: (row["content_size_in_bytes"] as bigint | null | undefined) ?? undefined,
  };
}

function readNumbers(value: unknown, ids: FieldIds): FieldMap<number> {
  const rows = (value as readonly AvroRecord[] | null | undefined) ?? [];
  return new PackedNumbers(
    ids.share(rows.map((row) => Number(row["key"]))),
    rows.map((row) => Number(row["value"])),
  );
}

function readBytes(value: unknown, ids: FieldIds): FieldMap<Uint8Array> {
  const rows = (value as readonly AvroRecord[] | null | undefined) ?? [];
  return new PackedBytes(
    ids.share(rows.map((row) => Number(row["key"]))),
    rows.map((row) => row["value"] as Uint8Array),
  );
}

function numberOf(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
