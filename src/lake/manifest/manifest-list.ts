import type { JsonObject } from "../core/json.ts";
import { type AvroRecord, decodeAvroFile, encodeAvroFile } from "./avro-file.ts";
import { listOf, optional, record, required } from "./avro-schema.ts";

/** A manifest as a snapshot lists it. @see https://iceberg.apache.org/spec/#manifest-lists */
export interface ManifestFile {
  readonly location: string;
  readonly byteLength: number;
  readonly specId: number;
  readonly content: "data" | "deletes";
  readonly sequenceNumber: number;
  readonly minSequenceNumber: number;
  readonly addedSnapshotId: bigint;
  /** Undefined where an old writer did not count. */
  readonly addedFiles: number | undefined;
  readonly existingFiles: number | undefined;
  readonly deletedFiles: number | undefined;
  readonly addedRows: number | undefined;
  readonly existingRows: number | undefined;
  readonly deletedRows: number | undefined;
  /** By position of the spec's fields; undefined where not summarised. */
  readonly partitions: readonly FieldSummary[] | undefined;
  readonly keyMetadata: Uint8Array | undefined;
}

export interface FieldSummary {
  readonly containsNull: boolean;
  readonly containsNan: boolean | undefined;
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

const SUMMARY = record("r508", [
  required(509, "contains_null", "boolean"),
  optional(518, "contains_nan", "boolean"),
  optional(510, "lower_bound", "bytes"),
  optional(511, "upper_bound", "bytes"),
]);

const SCHEMA: JsonObject = record("manifest_file", [
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
]);

const NAMES: ReadonlyMap<number, string> = new Map([
  [500, "manifest_path"],
  [501, "manifest_length"],
  [502, "partition_spec_id"],
  [517, "content"],
  [515, "sequence_number"],
  [516, "min_sequence_number"],
  [503, "added_snapshot_id"],
  [504, "added_files_count"],
  [505, "existing_files_count"],
  [506, "deleted_files_count"],
  [512, "added_rows_count"],
  [513, "existing_rows_count"],
  [514, "deleted_rows_count"],
  [507, "partitions"],
  [519, "key_metadata"],
  [509, "contains_null"],
  [518, "contains_nan"],
  [510, "lower_bound"],
  [511, "upper_bound"],
]);

export interface ManifestListHeader {
  readonly snapshotId: bigint;
  readonly parentSnapshotId: bigint | undefined;
  readonly sequenceNumber: number;
}

export function encodeManifestList(manifests: readonly ManifestFile[], header: ManifestListHeader): Uint8Array {
  const metadata = {
    "snapshot-id": String(header.snapshotId),
    "parent-snapshot-id": header.parentSnapshotId === undefined ? "null" : String(header.parentSnapshotId),
    "sequence-number": String(header.sequenceNumber),
    "format-version": "2",
  };
  return encodeAvroFile(SCHEMA, metadata, manifests.map(toRecord));
}

function toRecord(manifest: ManifestFile): AvroRecord {
  return {
    manifest_path: manifest.location,
    manifest_length: BigInt(manifest.byteLength),
    partition_spec_id: manifest.specId,
    content: manifest.content === "data" ? 0 : 1,
    sequence_number: BigInt(manifest.sequenceNumber),
    min_sequence_number: BigInt(manifest.minSequenceNumber),
    added_snapshot_id: manifest.addedSnapshotId,
    added_files_count: manifest.addedFiles ?? 0,
    existing_files_count: manifest.existingFiles ?? 0,
    deleted_files_count: manifest.deletedFiles ?? 0,
    added_rows_count: BigInt(manifest.addedRows ?? 0),
    existing_rows_count: BigInt(manifest.existingRows ?? 0),
    deleted_rows_count: BigInt(manifest.deletedRows ?? 0),
    partitions:
      manifest.partitions?.map(({ containsNull, containsNan, lower, upper }) => ({
        contains_null: containsNull,
        contains_nan: containsNan ?? null,
        lower_bound: lower === undefined ? null : Buffer.from(lower),
        upper_bound: upper === undefined ? null : Buffer.from(upper),
      })) ?? null,
    key_metadata: manifest.keyMetadata === undefined ? null : Buffer.from(manifest.keyMetadata),
  };
}

/** Reads lists of format v1 to v3. */
export function decodeManifestList(bytes: Uint8Array): readonly ManifestFile[] {
  return decodeAvroFile(bytes, (id, written) => NAMES.get(id) ?? written).records.map(fromRecord);
}

function fromRecord(row: AvroRecord): ManifestFile {
  const partitions = row["partitions"] as readonly AvroRecord[] | null | undefined;
  return {
    location: String(row["manifest_path"]),
    byteLength: Number(row["manifest_length"]),
    specId: Number(row["partition_spec_id"] ?? 0),
    content: row["content"] === 1 ? "deletes" : "data",
    sequenceNumber: Number(row["sequence_number"] ?? 0),
    minSequenceNumber: Number(row["min_sequence_number"] ?? 0),
    addedSnapshotId: BigInt((row["added_snapshot_id"] as bigint | null) ?? 0),
    addedFiles: count(row["added_files_count"]),
    existingFiles: count(row["existing_files_count"]),
    deletedFiles: count(row["deleted_files_count"]),
    addedRows: count(row["added_rows_count"]),
    existingRows: count(row["existing_rows_count"]),
    deletedRows: count(row["deleted_rows_count"]),
    partitions: partitions?.map((summary) => ({
      containsNull: summary["contains_null"] === true,
      containsNan: (summary["contains_nan"] as boolean | null | undefined) ?? undefined,
      lower: (summary["lower_bound"] as Uint8Array | null | undefined) ?? undefined,
      upper: (summary["upper_bound"] as Uint8Array | null | undefined) ?? undefined,
    })),
    keyMetadata: (row["key_metadata"] as Uint8Array | null | undefined) ?? undefined,
  };
}

function count(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
