import type { Abortable } from "../../../base/index.ts";
import type { ManifestEntry } from "../../manifest/data-file.ts";
import type { ManifestFile } from "../../manifest/manifest-list.ts";
import type { ManifestStore } from "../../manifest/manifest-store.ts";
import type { Snapshot } from "../../metadata/snapshot.ts";
import { currentSchema, schemaById, type TableMetadata } from "../../metadata/table-metadata.ts";
import { chooseSnapshot, type SnapshotChoice } from "../../metadata/time-travel.ts";
import { entryColumns, fileColumns } from "./file-columns.ts";
import { type ManifestRow, manifestColumns } from "./manifest-columns.ts";
import { partitionColumns, partitionRows } from "./partition-rows.ts";
import {
  HISTORY_COLUMNS,
  historyRows,
  METADATA_LOG_COLUMNS,
  metadataLogRows,
  REF_COLUMNS,
  SNAPSHOT_COLUMNS,
} from "./snapshot-tables.ts";
import { rowsSql } from "./table-rows.ts";

/** What can be asked of a table's own bookkeeping. Those that begin with `all_` are of every snapshot that is kept. */
export const METADATA_TABLES = [
  "snapshots",
  "history",
  "refs",
  "metadata_log_entries",
  "manifests",
  "files",
  "data_files",
  "delete_files",
  "entries",
  "partitions",
  "all_manifests",
  "all_files",
  "all_data_files",
  "all_delete_files",
  "all_entries",
] as const;
export type MetadataTable = (typeof METADATA_TABLES)[number];

export type MetadataRelationOptions = SnapshotChoice &
  Abortable & {
    /** Columns wanted, in that order; all without it. Over a hundred thousand files a few are quicker by far. */
    readonly columns?: readonly string[] | undefined;
  };

export interface MetadataRelationInput {
  readonly metadata: TableMetadata;
  readonly metadataLocation: string;
  readonly manifests: ManifestStore;
}

/**
 * A DuckDB relation, in parentheses, of one of the table's metadata tables, with the columns that Iceberg's own have.
 * Bounds are there as bytes, and in the columns' own types in `readable_metrics`.
 *
 * @throws {LakeNotFoundError} when the snapshot, the time or the ref is not kept
 * @throws {InvalidInputError} on an unknown column
 * @see https://iceberg.apache.org/docs/latest/spark-queries/#inspecting-tables
 */
export async function metadataRelation(
  input: MetadataRelationInput,
  name: MetadataTable,
  options: MetadataRelationOptions = {},
): Promise<string> {
  const { metadata, metadataLocation } = input;
  const { columns } = options;
  switch (name) {
    case "snapshots":
      return rowsSql(SNAPSHOT_COLUMNS, metadata.snapshots, columns);
    case "history":
      return rowsSql(HISTORY_COLUMNS, historyRows(metadata), columns);
    case "refs":
      return rowsSql(REF_COLUMNS, Object.entries(metadata.refs), columns);
    case "metadata_log_entries":
      return rowsSql(METADATA_LOG_COLUMNS, metadataLogRows(metadata, metadataLocation), columns);
    default:
      return manifestRelation(input, name, options);
  }
}

type FromManifests = Exclude<MetadataTable, "snapshots" | "history" | "refs" | "metadata_log_entries">;

async function manifestRelation(
  { metadata, manifests }: MetadataRelationInput,
  name: FromManifests,
  { columns, signal, ...choice }: MetadataRelationOptions,
): Promise<string> {
  const isAll = name.startsWith("all_");
  const snapshot = chooseSnapshot(metadata, choice);
  const listed = await manifestRows(isAll ? metadata.snapshots : snapshot === undefined ? [] : [snapshot], manifests);
  const kind = isAll ? name.slice(4) : name;
  if (kind === "manifests") return rowsSql(manifestColumns(metadata, isAll), listed, columns);
  const once = new Map(listed.map(({ manifest }) => [manifest.location, manifest]));
  const wanted = [...once.values()].filter(({ content }) => isOfKind(content, kind));
  const entries = await entriesOf(metadata, wanted, { manifests, signal });
  const schema = snapshot?.schemaId === undefined ? currentSchema(metadata) : schemaById(metadata, snapshot.schemaId);
  if (kind === "entries") return rowsSql(entryColumns(metadata, schema), entries, columns);
  const live = entries.filter(({ status }) => status !== "deleted");
  if (kind === "partitions") return rowsSql(partitionColumns(metadata), partitionRows(metadata, live), columns);
  return rowsSql(
    fileColumns(metadata, schema),
    live.map(({ file }) => file),
    columns,
  );
}

function isOfKind(content: ManifestFile["content"], kind: string): boolean {
  if (kind === "data_files") return content === "data";
  return kind !== "delete_files" || content === "deletes";
}

async function manifestRows(snapshots: readonly Snapshot[], manifests: ManifestStore): Promise<readonly ManifestRow[]> {
  const rows: ManifestRow[] = [];
  for (const snapshot of snapshots) {
    for (const manifest of await manifests.list(snapshot)) rows.push({ manifest, snapshotId: snapshot.snapshotId });
  }
  return rows;
}

async function entriesOf(
  metadata: TableMetadata,
  listed: readonly ManifestFile[],
  { manifests, signal }: Abortable & { readonly manifests: ManifestStore },
): Promise<readonly ManifestEntry[]> {
  const entries: ManifestEntry[] = [];
  for (const manifest of listed) {
    signal?.throwIfAborted();
    for (const entry of (await manifests.load(metadata, manifest)).entries) entries.push(entry);
  }
  return entries;
}
