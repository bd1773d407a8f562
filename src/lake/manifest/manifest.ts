import { type PartitionSpec, partitionFieldType } from "../core/partition-spec.ts";
import type { Schema } from "../core/schema.ts";
import type { PrimitiveType } from "../core/types.ts";
import { LakeCorruptError } from "../errors.ts";
import { type AvroRecord, decodeAvroFile } from "./avro-file.ts";
import type { DataFile, EntryStatus, ManifestEntry } from "./data-file.ts";
import { FieldIds, type FieldMap, PackedBytes, PackedNumbers } from "./field-map.ts";
import { fromAvro } from "./partition-value.ts";

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
  [131, "key_metadata"],
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
  return {
    content: CONTENTS[Number(row["content"] ?? 0)] ?? "data",
    location: String(row["file_path"]),
    format: String(row["file_format"]).toLowerCase(),
    specId: spec.specId,
    partition: partitionValues(row["partition"] as AvroRecord, spec).map((value, index) =>
      fromAvro(types[index] ?? { kind: "int" }, value),
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
    keyMetadata: (row["key_metadata"] as Uint8Array | null | undefined) ?? undefined,
    firstRowId: (row["first_row_id"] as bigint | null | undefined) ?? undefined,
    referencedDataFile: (row["referenced_data_file"] as string | null | undefined) ?? undefined,
    contentOffset: (row["content_offset"] as bigint | null | undefined) ?? undefined,
    contentSize: (row["content_size_in_bytes"] as bigint | null | undefined) ?? undefined,
  };
}

/** ClickHouse writes no field ids, and the columns' names in place of the partition fields': then the order tells. */
function partitionValues(partition: AvroRecord, { specId, fields }: PartitionSpec): readonly unknown[] {
  const names = fields.map(({ fieldId }) => `p${fieldId}`);
  if (names.every((name) => name in partition)) return names.map((name) => partition[name]);
  const values = Object.values(partition);
  if (values.length === fields.length) return values;
  throw new LakeCorruptError(
    `Cannot read a manifest: its files have ${values.length} partition values, spec ${specId} has ${fields.length} fields`,
  );
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
