import type { JsonObject } from "../core/json.ts";
import { type AvroRecord, encodeAvroFile } from "./avro-file.ts";
import { listOf, optional, record, required } from "./avro-schema.ts";
import type { ManifestFile } from "./manifest-list.ts";

const SUMMARY = record("r508", [
  required(509, "contains_null", "boolean"),
  optional(518, "contains_nan", "boolean"),
  optional(510, "lower_bound", "bytes"),
  optional(511, "upper_bound", "bytes"),
]);

const SCHEMA_V1: JsonObject = record("manifest_file", [
  required(500, "manifest_path", "string", "Location URI with FS scheme"),
  required(501, "manifest_length", "long"),
  required(502, "partition_spec_id", "int"),
  optional(503, "added_snapshot_id", "long"),
  optional(504, "added_files_count", "int"),
  optional(505, "existing_files_count", "int"),
  optional(506, "deleted_files_count", "int"),
  optional(507, "partitions", listOf(508, SUMMARY)),
  optional(512, "added_rows_count", "long"),
  optional(513, "existing_rows_count", "long"),
  optional(514, "deleted_rows_count", "long"),
]);

const FIELDS_V2: readonly JsonObject[] = [
  required(500, "manifest_path", "string", "Location URI with FS scheme"),
  required(501, "manifest_length", "long"),
  required(502, "partition_spec_id", "int"),
  required(517, "content", "int"),
  required(515, "sequence_number", "long"),
  required(516, "min_sequence_number", "long"),
  required(503, "added_snapshot_id", "long"),
  required(504, "added_files_count", "int"),
  required(505, "existing_files_count", "int"),
  required(506, "deleted_files_count", "int"),
  required(512, "added_rows_count", "long"),
  required(513, "existing_rows_count", "long"),
  required(514, "deleted_rows_count", "long"),
  optional(507, "partitions", listOf(508, SUMMARY)),
  optional(519, "key_metadata", "bytes"),
];
const SCHEMA_V2: JsonObject = record("manifest_file", FIELDS_V2);
const SCHEMA_V3: JsonObject = record("manifest_file", [...FIELDS_V2, optional(520, "first_row_id", "long")]);

export interface ManifestListHeader {
  readonly formatVersion: number;
  readonly snapshotId: bigint;
  readonly parentSnapshotId: bigint | undefined;
  readonly sequenceNumber: number;
  /** Format v3: from which on manifests without row ids were given theirs. */
  readonly firstRowId?: bigint | undefined;
}

/** A manifest list in the table's format version, 1 to 3. @see https://iceberg.apache.org/spec/#manifest-lists */
export function encodeManifestList(manifests: readonly ManifestFile[], header: ManifestListHeader): Uint8Array {
  const { formatVersion, snapshotId, parentSnapshotId, sequenceNumber, firstRowId } = header;
  const metadata: Record<string, string> = {
    "snapshot-id": String(snapshotId),
    "parent-snapshot-id": parentSnapshotId === undefined ? "null" : String(parentSnapshotId),
    "format-version": String(formatVersion),
  };
  if (formatVersion > 1) metadata["sequence-number"] = String(sequenceNumber);
  if (formatVersion >= 3) metadata["first-row-id"] = firstRowId === undefined ? "null" : String(firstRowId);
  const schema = formatVersion === 1 ? SCHEMA_V1 : formatVersion === 2 ? SCHEMA_V2 : SCHEMA_V3;
  return encodeAvroFile(
    schema,
    metadata,
    manifests.map((manifest) => toRecord(manifest, formatVersion === 1)),
  );
}

/** Holds the members of every version; the schema chooses among them. */
function toRecord(manifest: ManifestFile, isV1: boolean): AvroRecord {
  const none = isV1 ? undefined : 0; // From v2 on counts are required: the caller has counted.
  return {
    manifest_path: manifest.location,
    manifest_length: BigInt(manifest.byteLength),
    partition_spec_id: manifest.specId,
    content: manifest.content === "data" ? 0 : 1,
    sequence_number: BigInt(manifest.sequenceNumber),
    min_sequence_number: BigInt(manifest.minSequenceNumber),
    added_snapshot_id: manifest.addedSnapshotId,
    added_files_count: manifest.addedFiles ?? none ?? null,
    existing_files_count: manifest.existingFiles ?? none ?? null,
    deleted_files_count: manifest.deletedFiles ?? none ?? null,
    added_rows_count: longOrNull(manifest.addedRows ?? none),
    existing_rows_count: longOrNull(manifest.existingRows ?? none),
    deleted_rows_count: longOrNull(manifest.deletedRows ?? none),
    partitions:
      manifest.partitions?.map(({ containsNull, containsNan, lower, upper }) => ({
        contains_null: containsNull,
        contains_nan: containsNan ?? null,
        lower_bound: lower === undefined ? null : Buffer.from(lower),
        upper_bound: upper === undefined ? null : Buffer.from(upper),
      })) ?? null,
    key_metadata: manifest.keyMetadata === undefined ? null : Buffer.from(manifest.keyMetadata),
    first_row_id: manifest.firstRowId ?? null,
  };
}

function longOrNull(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}
