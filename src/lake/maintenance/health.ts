import { partitionPath } from "../core/partition-spec.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { partitionTypes } from "../manifest/manifest.ts";
import { type ManifestStore, manifestContext } from "../manifest/manifest-store.ts";
import { specById, type TableMetadata } from "../metadata/table-metadata.ts";
import { partitionKey } from "../scan/partition-key.ts";
import type { Table } from "../table.ts";
import { liveEntriesAt } from "./live-files.ts";

/** How a table is kept: what makes it slow to read or costly to commit to. */
export interface TableHealth {
  readonly table: string;
  readonly formatVersion: number;
  readonly snapshotId: bigint | undefined;
  /** Milliseconds since the epoch. */
  readonly committedMs: number | undefined;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  /** Below the size from which a file is good. */
  readonly smallFiles: number;
  readonly deleteFiles: number;
  readonly partitions: number;
  /** The most files that one partition has. */
  readonly filesPerPartitionMax: number;
  readonly manifests: number;
  readonly snapshots: number;
  readonly oldestSnapshotMs: number | undefined;
  readonly branches: number;
  readonly tags: number;
  /** Of the current metadata file, written anew with each commit. */
  readonly metadataBytes: number;
}

export interface HealthLimits {
  /** Default 20,000: each costs about 500 bytes of every commit's metadata. */
  readonly snapshotsMax?: number | undefined;
  /** Default 5,000. */
  readonly smallFilesMax?: number | undefined;
  /** Default 1,000. */
  readonly deleteFilesMax?: number | undefined;
  /** Default 16 MiB. */
  readonly metadataBytesMax?: number | undefined;
}

export interface PartitionHealth {
  /** `ts_event_day=2024-03-01/venue=binance`; empty of an unpartitioned table. */
  readonly partition: string;
  readonly specId: number;
  readonly files: number;
  readonly deleteFiles: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface HealthTools {
  readonly manifests: ManifestStore;
  readonly metadataBytes: (location: string) => Promise<number>;
}

export async function tableHealth(table: Table, tools: HealthTools, smallBelowBytes: number): Promise<TableHealth> {
  const { metadata, snapshot } = table;
  const partitions = await partitionHealth(metadata, tools.manifests);
  let smallFiles = 0;
  for await (const { file } of liveEntriesAt(metadata, snapshot, tools.manifests)) {
    if (file.content === "data" && file.byteLength < smallBelowBytes) smallFiles += 1;
  }
  const refs = Object.values(metadata.refs);
  return {
    table: table.name,
    formatVersion: metadata.formatVersion,
    snapshotId: snapshot?.snapshotId,
    committedMs: snapshot?.timestampMs,
    rows: sum(partitions, ({ rows }) => rows),
    files: sum(partitions, ({ files }) => files),
    bytes: sum(partitions, ({ bytes }) => bytes),
    smallFiles,
    deleteFiles: sum(partitions, ({ deleteFiles }) => deleteFiles),
    partitions: partitions.length,
    filesPerPartitionMax: partitions.reduce((most, { files }) => Math.max(most, files), 0),
    manifests: (await tools.manifests.list(snapshot)).length,
    snapshots: metadata.snapshots.length,
    oldestSnapshotMs: metadata.snapshots[0]?.timestampMs,
    branches: refs.filter(({ type }) => type === "branch").length,
    tags: refs.filter(({ type }) => type === "tag").length,
    metadataBytes: await tools.metadataBytes(table.metadataLocation),
  };
}

/** Of the current snapshot, in the order of their names. Rows are those of data files, before deletes. */
export async function partitionHealth(
  metadata: TableMetadata,
  store: ManifestStore,
): Promise<readonly PartitionHealth[]> {
  const found = new Map<string, { first: DataFile; files: number; deleteFiles: number; rows: number; bytes: number }>();
  const current = metadata.snapshots.find(({ snapshotId }) => snapshotId === metadata.currentSnapshotId);
  for await (const { file } of liveEntriesAt(metadata, current, store)) {
    const key = partitionKey(file);
    const counts = found.get(key) ?? { first: file, files: 0, deleteFiles: 0, rows: 0, bytes: 0 };
    found.set(key, counts);
    counts.bytes += file.byteLength;
    if (file.content !== "data") counts.deleteFiles += 1;
    else {
      counts.files += 1;
      counts.rows += file.recordCount;
    }
  }
  return [...found.values()]
    .map(({ first, ...counts }) => ({ partition: partitionName(metadata, first), specId: first.specId, ...counts }))
    .toSorted((one, other) => (one.partition < other.partition ? -1 : 1));
}

export function partitionName(
  metadata: TableMetadata,
  { specId, partition }: Pick<DataFile, "specId" | "partition">,
): string {
  const types = partitionTypes(manifestContext(metadata, specId));
  return partitionPath(specById(metadata, specId), types, partition);
}

/** What is beyond the limits, in words; none where all is well. */
export function healthAlerts(health: TableHealth, limits: HealthLimits = {}): readonly string[] {
  const {
    snapshotsMax = 20_000,
    smallFilesMax = 5_000,
    deleteFilesMax = 1_000,
    metadataBytesMax = 16 * 1024 * 1024,
  } = limits;
  const checks: readonly (readonly [value: number, max: number, what: string, act: string])[] = [
    [health.snapshots, snapshotsMax, "snapshots", "expire snapshots, or remove tags that pin them"],
    [health.smallFiles, smallFilesMax, "small files", "compact the table"],
    [health.deleteFiles, deleteFilesMax, "delete files", "compact the table"],
    [health.metadataBytes, metadataBytesMax, "bytes of metadata", "expire snapshots"],
  ];
  return checks
    .filter(([value, max]) => value > max)
    .map(([value, max, what, act]) => `${health.table} has ${value} ${what}, more than ${max}: ${act}`);
}

function sum<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((total, each) => total + of(each), 0);
}
