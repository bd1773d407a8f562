import { type AvroRecord, decodeAvroFile } from "./avro-file.ts";

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
  /** Format v3, data manifests: the id from which its files without one take theirs. */
  readonly firstRowId?: bigint | undefined;
}

export interface FieldSummary {
  readonly containsNull: boolean;
  readonly containsNan: boolean | undefined;
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

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
  [520, "first_row_id"],
  [509, "contains_null"],
  [518, "contains_nan"],
  [510, "lower_bound"],
  [511, "upper_bound"],
]);

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
    firstRowId: (row["first_row_id"] as bigint | null | undefined) ?? undefined,
  };
}

function count(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
