import type { Snapshot, SnapshotRef } from "../../metadata/snapshot.ts";
import { findSnapshot, type TableMetadata } from "../../metadata/table-metadata.ts";
import { type HistoryEntry, historyOf } from "../../metadata/time-travel.ts";
import { type RowColumn, timeText } from "./table-rows.ts";

export const SNAPSHOT_COLUMNS: readonly RowColumn<Snapshot>[] = [
  { name: "committed_at", type: "TIMESTAMP WITH TIME ZONE", value: ({ timestampMs }) => timeText(timestampMs) },
  { name: "snapshot_id", type: "BIGINT", value: ({ snapshotId }) => snapshotId },
  { name: "parent_id", type: "BIGINT", value: ({ parentSnapshotId }) => parentSnapshotId },
  { name: "operation", type: "VARCHAR", value: ({ operation }) => operation },
  { name: "manifest_list", type: "VARCHAR", value: ({ manifestList }) => manifestList },
  { name: "summary", type: "MAP(VARCHAR, VARCHAR)", value: ({ summary }) => summary },
];

export const HISTORY_COLUMNS: readonly RowColumn<HistoryEntry>[] = [
  { name: "made_current_at", type: "TIMESTAMP WITH TIME ZONE", value: ({ timestampMs }) => timeText(timestampMs) },
  { name: "snapshot_id", type: "BIGINT", value: ({ snapshotId }) => snapshotId },
  { name: "parent_id", type: "BIGINT", value: ({ parentSnapshotId }) => parentSnapshotId },
  { name: "is_current_ancestor", type: "BOOLEAN", value: ({ isAncestorOfCurrent }) => isAncestorOfCurrent },
];

export const REF_COLUMNS: readonly RowColumn<readonly [string, SnapshotRef]>[] = [
  { name: "name", type: "VARCHAR", value: ([name]) => name },
  { name: "type", type: "VARCHAR", value: ([, { type }]) => type.toUpperCase() },
  { name: "snapshot_id", type: "BIGINT", value: ([, { snapshotId }]) => snapshotId },
  { name: "max_reference_age_in_ms", type: "BIGINT", value: ([, { maxRefAgeMs }]) => maxRefAgeMs },
  { name: "min_snapshots_to_keep", type: "INTEGER", value: ([, { minSnapshotsToKeep }]) => minSnapshotsToKeep },
  { name: "max_snapshot_age_in_ms", type: "BIGINT", value: ([, { maxSnapshotAgeMs }]) => maxSnapshotAgeMs },
];

export interface MetadataLogRow {
  readonly timestampMs: number;
  readonly file: string;
  readonly latest: Snapshot | undefined;
}

/** With the snapshot that was current then, where it is kept. */
export const METADATA_LOG_COLUMNS: readonly RowColumn<MetadataLogRow>[] = [
  { name: "timestamp", type: "TIMESTAMP WITH TIME ZONE", value: ({ timestampMs }) => timeText(timestampMs) },
  { name: "file", type: "VARCHAR", value: ({ file }) => file },
  { name: "latest_snapshot_id", type: "BIGINT", value: ({ latest }) => latest?.snapshotId },
  { name: "latest_schema_id", type: "INTEGER", value: ({ latest }) => latest?.schemaId },
  { name: "latest_sequence_number", type: "BIGINT", value: ({ latest }) => latest?.sequenceNumber },
];

export function historyRows(metadata: TableMetadata): readonly HistoryEntry[] {
  return historyOf(metadata);
}

export function metadataLogRows(metadata: TableMetadata, metadataLocation: string): readonly MetadataLogRow[] {
  const versions = [
    ...metadata.metadataLog.map(({ timestampMs, metadataFile }) => ({ timestampMs, file: metadataFile })),
    { timestampMs: metadata.lastUpdatedMs, file: metadataLocation },
  ];
  return versions.map((version) => {
    const entry = metadata.snapshotLog.findLast(({ timestampMs }) => timestampMs <= version.timestampMs);
    return { ...version, latest: entry && findSnapshot(metadata, entry.snapshotId) };
  });
}
