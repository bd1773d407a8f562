import type { JsonObject } from "../../core/json.ts";
import type { DataFile, ManifestEntry } from "../../manifest/data-file.ts";
import { findSnapshot, type TableMetadata } from "../../metadata/table-metadata.ts";
import { partitionStructType, unifiedPartitionFields } from "../metadata-columns.ts";
import { partitionKey } from "../partition-key.ts";
import { partitionJson } from "./file-columns.ts";
import { type RowColumn, timeText } from "./table-rows.ts";

/** One partition, over all specs: files of different specs with equal values are of one. */
export interface PartitionRow {
  readonly partition: JsonObject;
  specId: number;
  records: number;
  files: number;
  bytes: number;
  positionRecords: number;
  positionFiles: number;
  equalityRecords: number;
  equalityFiles: number;
  updatedMs: number | undefined;
  updatedBy: bigint | undefined;
}

/** Of live entries of data and delete files. */
export function partitionRows(metadata: TableMetadata, entries: Iterable<ManifestEntry>): readonly PartitionRow[] {
  const rows = new Map<string, PartitionRow>();
  const rowsByKey = new Map<string, PartitionRow>();
  for (const { file, snapshotId } of entries) {
    const key = partitionKey(file);
    const row = rowsByKey.get(key) ?? rowOf(rows, partitionJson(file, metadata), file.specId);
    rowsByKey.set(key, row);
    count(row, file);
    const snapshot = snapshotId === undefined ? undefined : findSnapshot(metadata, snapshotId);
    if (snapshot === undefined || snapshot.timestampMs <= (row.updatedMs ?? Number.NEGATIVE_INFINITY)) continue;
    row.updatedMs = snapshot.timestampMs;
    row.updatedBy = snapshot.snapshotId;
  }
  return [...rows.values()];
}

/** Equal values of different specs are one row. */
function rowOf(rows: Map<string, PartitionRow>, partition: JsonObject, specId: number): PartitionRow {
  const text = JSON.stringify(Object.entries(partition));
  const row = rows.get(text) ?? emptyRow(partition, specId);
  rows.set(text, row);
  return row;
}

function emptyRow(partition: JsonObject, specId: number): PartitionRow {
  return {
    partition,
    specId,
    records: 0,
    files: 0,
    bytes: 0,
    positionRecords: 0,
    positionFiles: 0,
    equalityRecords: 0,
    equalityFiles: 0,
    updatedMs: undefined,
    updatedBy: undefined,
  };
}

function count(row: PartitionRow, { content, recordCount, byteLength, specId }: DataFile): void {
  row.specId = Math.max(row.specId, specId);
  switch (content) {
    case "data":
      row.records += recordCount;
      row.files += 1;
      row.bytes += byteLength;
      break;
    case "position-deletes":
      row.positionRecords += recordCount;
      row.positionFiles += 1;
      break;
    case "equality-deletes":
      row.equalityRecords += recordCount;
      row.equalityFiles += 1;
      break;
  }
}

export function partitionColumns(metadata: TableMetadata): readonly RowColumn<PartitionRow>[] {
  const isPartitioned = unifiedPartitionFields(metadata).length > 0;
  const own: readonly RowColumn<PartitionRow>[] = [
    { name: "partition", type: partitionStructType(metadata), value: ({ partition }) => partition },
    { name: "spec_id", type: "INTEGER", value: ({ specId }) => specId },
  ];
  return [
    ...(isPartitioned ? own : []),
    { name: "record_count", type: "BIGINT", value: ({ records }) => records },
    { name: "file_count", type: "INTEGER", value: ({ files }) => files },
    { name: "total_data_file_size_in_bytes", type: "BIGINT", value: ({ bytes }) => bytes },
    { name: "position_delete_record_count", type: "BIGINT", value: ({ positionRecords }) => positionRecords },
    { name: "position_delete_file_count", type: "INTEGER", value: ({ positionFiles }) => positionFiles },
    { name: "equality_delete_record_count", type: "BIGINT", value: ({ equalityRecords }) => equalityRecords },
    { name: "equality_delete_file_count", type: "INTEGER", value: ({ equalityFiles }) => equalityFiles },
    {
      name: "last_updated_at",
      type: "TIMESTAMP WITH TIME ZONE",
      value: ({ updatedMs }) => (updatedMs === undefined ? undefined : timeText(updatedMs)),
    },
    { name: "last_updated_snapshot_id", type: "BIGINT", value: ({ updatedBy }) => updatedBy },
  ];
}
