import type { JsonObject } from "../core/json.ts";
import type { JsonReader } from "../core/json-object.ts";

/**
 * A Puffin file with statistics of one snapshot.
 *
 * @see https://iceberg.apache.org/spec/#table-statistics
 */
export interface StatisticsFile {
  readonly snapshotId: bigint;
  readonly statisticsPath: string;
  readonly fileSizeInBytes: number;
  readonly fileFooterSizeInBytes: number;
  /** `blob-metadata`, as it was written. */
  readonly blobMetadata: readonly JsonObject[];
  /** Members of later versions, kept as they are. */
  readonly extra: JsonObject;
}

/** @see https://iceberg.apache.org/spec/#partition-statistics */
export interface PartitionStatisticsFile {
  readonly snapshotId: bigint;
  readonly statisticsPath: string;
  readonly fileSizeInBytes: number;
  readonly extra: JsonObject;
}

/** @see https://iceberg.apache.org/spec/#encryption-keys */
export interface EncryptedKey {
  readonly keyId: string;
  /** Base64. */
  readonly encryptedKeyMetadata: string;
  readonly encryptedById?: string | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
  readonly extra: JsonObject;
}

const STATISTICS_KNOWN: ReadonlySet<string> = new Set([
  "snapshot-id",
  "statistics-path",
  "file-size-in-bytes",
  "file-footer-size-in-bytes",
  "blob-metadata",
]);
const PARTITION_STATISTICS_KNOWN: ReadonlySet<string> = new Set([
  "snapshot-id",
  "statistics-path",
  "file-size-in-bytes",
]);
const KEY_KNOWN: ReadonlySet<string> = new Set(["key-id", "encrypted-key-metadata", "encrypted-by-id", "properties"]);

export function statisticsFromJson(reader: JsonReader): StatisticsFile {
  return {
    snapshotId: reader.long("snapshot-id"),
    statisticsPath: reader.text("statistics-path"),
    fileSizeInBytes: reader.optionalInteger("file-size-in-bytes") ?? 0,
    fileFooterSizeInBytes: reader.optionalInteger("file-footer-size-in-bytes") ?? 0,
    blobMetadata: reader.objects("blob-metadata").map((blob) => blob.rest(NOTHING)),
    extra: reader.rest(STATISTICS_KNOWN),
  };
}

const NOTHING: ReadonlySet<string> = new Set();

export function statisticsJson(file: StatisticsFile): JsonObject {
  return {
    "snapshot-id": file.snapshotId,
    "statistics-path": file.statisticsPath,
    "file-size-in-bytes": file.fileSizeInBytes,
    "file-footer-size-in-bytes": file.fileFooterSizeInBytes,
    "blob-metadata": file.blobMetadata,
    ...file.extra,
  };
}

export function partitionStatisticsFromJson(reader: JsonReader): PartitionStatisticsFile {
  return {
    snapshotId: reader.long("snapshot-id"),
    statisticsPath: reader.text("statistics-path"),
    fileSizeInBytes: reader.optionalInteger("file-size-in-bytes") ?? 0,
    extra: reader.rest(PARTITION_STATISTICS_KNOWN),
  };
}

export function partitionStatisticsJson(file: PartitionStatisticsFile): JsonObject {
  return {
    "snapshot-id": file.snapshotId,
    "statistics-path": file.statisticsPath,
    "file-size-in-bytes": file.fileSizeInBytes,
    ...file.extra,
  };
}

export function encryptedKeyFromJson(reader: JsonReader): EncryptedKey {
  return {
    keyId: reader.text("key-id"),
    encryptedKeyMetadata: reader.text("encrypted-key-metadata"),
    encryptedById: reader.optionalText("encrypted-by-id"),
    properties: reader.has("properties") ? reader.textMap("properties") : undefined,
    extra: reader.rest(KEY_KNOWN),
  };
}

export function encryptedKeyJson(key: EncryptedKey): JsonObject {
  return {
    "key-id": key.keyId,
    "encrypted-key-metadata": key.encryptedKeyMetadata,
    "encrypted-by-id": key.encryptedById,
    properties: key.properties,
    ...key.extra,
  };
}
