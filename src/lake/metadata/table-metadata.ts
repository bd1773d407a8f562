import type { JsonObject } from "../core/json.ts";
import type { PartitionSpec } from "../core/partition-spec.ts";
import type { Schema } from "../core/schema.ts";
import type { SortOrder } from "../core/sort-order.ts";
import { LakeCorruptError, LakeNotFoundError } from "../errors.ts";
import type { Snapshot, SnapshotRef } from "./snapshot.ts";
import type { EncryptedKey, PartitionStatisticsFile, StatisticsFile } from "./statistics.ts";

/**
 * One version of a table, immutable.
 *
 * @see https://iceberg.apache.org/spec/#table-metadata-fields
 */
export interface TableMetadata {
  readonly formatVersion: number;
  readonly tableUuid: string;
  readonly location: string;
  readonly lastSequenceNumber: number;
  readonly lastUpdatedMs: number;
  readonly lastColumnId: number;
  readonly schemas: readonly Schema[];
  readonly currentSchemaId: number;
  readonly partitionSpecs: readonly PartitionSpec[];
  readonly defaultSpecId: number;
  readonly lastPartitionId: number;
  readonly sortOrders: readonly SortOrder[];
  readonly defaultSortOrderId: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly currentSnapshotId: bigint | undefined;
  readonly snapshots: readonly Snapshot[];
  /** Which snapshot was current from when on. */
  readonly snapshotLog: readonly SnapshotLogEntry[];
  readonly metadataLog: readonly MetadataLogEntry[];
  readonly refs: Readonly<Record<string, SnapshotRef>>;
  /** At most one a snapshot. */
  readonly statistics: readonly StatisticsFile[];
  /** At most one a snapshot. */
  readonly partitionStatistics: readonly PartitionStatisticsFile[];
  readonly encryptionKeys: readonly EncryptedKey[];
  /** First row id not yet given; 0 below format v3. */
  readonly nextRowId: bigint;
  /** Members this library does not interpret, kept as they are. */
  readonly extra: JsonObject;
}

interface SnapshotLogEntry {
  readonly timestampMs: number;
  readonly snapshotId: bigint;
}
interface MetadataLogEntry {
  readonly timestampMs: number;
  readonly metadataFile: string;
}

export function currentSchema(metadata: TableMetadata): Schema {
  return schemaById(metadata, metadata.currentSchemaId);
}

export function schemaById(metadata: TableMetadata, schemaId: number): Schema {
  return found(
    metadata.schemas.find((schema) => schema.schemaId === schemaId),
    metadata,
    `schema ${schemaId}`,
  );
}

export function specById(metadata: TableMetadata, specId: number): PartitionSpec {
  return found(
    metadata.partitionSpecs.find((spec) => spec.specId === specId),
    metadata,
    `partition spec ${specId}`,
  );
}

export function defaultSortOrder(metadata: TableMetadata): SortOrder {
  const { sortOrders, defaultSortOrderId } = metadata;
  return found(
    sortOrders.find(({ orderId }) => orderId === defaultSortOrderId),
    metadata,
    `sort order ${defaultSortOrderId}`,
  );
}

function found<T>(value: T | undefined, metadata: TableMetadata, what: string): T {
  if (value !== undefined) return value;
  throw new LakeCorruptError(`The metadata of table ${metadata.location} names ${what}, which it does not hold`);
}

export function findSnapshot(metadata: TableMetadata, snapshotId: bigint): Snapshot | undefined {
  return metadata.snapshots.findLast((snapshot) => snapshot.snapshotId === snapshotId); // The newest are asked for most.
}

export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  return metadata.currentSnapshotId === undefined ? undefined : snapshotById(metadata, metadata.currentSnapshotId);
}

/** @throws {LakeNotFoundError} when it never was, or has expired */
export function snapshotById(metadata: TableMetadata, snapshotId: bigint): Snapshot {
  const snapshot = findSnapshot(metadata, snapshotId);
  if (snapshot !== undefined) return snapshot;
  throw new LakeNotFoundError(
    `Table ${metadata.location} has no snapshot ${snapshotId}: it never had, or it has expired. ` +
      `It holds ${metadata.snapshots.length} snapshots; ask its history for their ids`,
  );
}
