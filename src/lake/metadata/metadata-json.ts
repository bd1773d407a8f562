import { formatJson, type Json, type JsonObject, parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import {
  FIRST_PARTITION_FIELD_ID,
  type PartitionSpec,
  partitionFieldsFromJson,
  partitionFieldsJson,
  partitionSpecFromJson,
  partitionSpecJson,
} from "../core/partition-spec.ts";
import { type Schema, schemaFromJson, schemaJson } from "../core/schema.ts";
import { sortOrderFromJson, sortOrderJson, UNSORTED } from "../core/sort-order.ts";
import { LakeUnsupportedError } from "../errors.ts";
import { MAIN_BRANCH, type SnapshotRef } from "./snapshot.ts";
import { refFromJson, refJson, snapshotFromJson, snapshotJson, snapshotText } from "./snapshot-json.ts";
import {
  encryptedKeyFromJson,
  encryptedKeyJson,
  partitionStatisticsFromJson,
  partitionStatisticsJson,
  statisticsFromJson,
  statisticsJson,
} from "./statistics.ts";
import type { TableMetadata } from "./table-metadata.ts";

const FORMAT_VERSION_MAX = 3;

const KNOWN: ReadonlySet<string> = new Set([
  "format-version",
  "table-uuid",
  "location",
  "last-sequence-number",
  "last-updated-ms",
  "last-column-id",
  "schema",
  "schemas",
  "current-schema-id",
  "partition-spec",
  "partition-specs",
  "default-spec-id",
  "last-partition-id",
  "sort-orders",
  "default-sort-order-id",
  "properties",
  "current-snapshot-id",
  "snapshots",
  "snapshot-log",
  "metadata-log",
  "refs",
  "statistics",
  "partition-statistics",
  "encryption-keys",
  "next-row-id",
]);

/**
 * Reads table metadata of format v1 to v3.
 *
 * @throws {LakeCorruptError} naming the member that is not as specified
 * @throws {LakeUnsupportedError} on a later format version
 */
export function parseMetadata(text: string): TableMetadata {
  return metadataFromJson(parseJson(text));
}

/** As {@link parseMetadata}, from JSON within another document. */
export function metadataFromJson(json: Json): TableMetadata {
  const reader = new JsonReader(json, "table metadata");
  const formatVersion = reader.integer("format-version");
  if (formatVersion < 1 || formatVersion > FORMAT_VERSION_MAX) {
    throw new LakeUnsupportedError(
      `Cannot read a table of format version ${formatVersion}; 1 to ${FORMAT_VERSION_MAX} are read`,
    );
  }
  const schemas = readSchemas(reader);
  const partitionSpecs = readSpecs(reader);
  const sortOrders = reader.objects("sort-orders").map(sortOrderFromJson);
  const currentSnapshotId = readCurrentSnapshotId(reader);
  return {
    formatVersion,
    tableUuid: reader.optionalText("table-uuid") ?? "",
    location: reader.text("location").replace(/\/+$/, ""),
    lastSequenceNumber: reader.optionalInteger("last-sequence-number") ?? 0,
    lastUpdatedMs: reader.integer("last-updated-ms"),
    lastColumnId: reader.integer("last-column-id"),
    schemas,
    currentSchemaId: reader.optionalInteger("current-schema-id") ?? schemas[0]?.schemaId ?? 0,
    partitionSpecs,
    defaultSpecId: reader.optionalInteger("default-spec-id") ?? 0,
    lastPartitionId: reader.optionalInteger("last-partition-id") ?? lastPartitionId(partitionSpecs),
    sortOrders: sortOrders.length > 0 ? sortOrders : [UNSORTED],
    defaultSortOrderId: reader.optionalInteger("default-sort-order-id") ?? 0,
    properties: reader.textMap("properties"),
    currentSnapshotId,
    snapshots: reader.objects("snapshots").map(snapshotFromJson),
    snapshotLog: reader.objects("snapshot-log").map((entry) => ({
      timestampMs: entry.integer("timestamp-ms"),
      snapshotId: entry.long("snapshot-id"),
    })),
    metadataLog: reader.objects("metadata-log").map((entry) => ({
      timestampMs: entry.integer("timestamp-ms"),
      metadataFile: entry.text("metadata-file"),
    })),
    refs: readRefs(reader, currentSnapshotId),
    statistics: reader.objects("statistics").map(statisticsFromJson),
    partitionStatistics: reader.objects("partition-statistics").map(partitionStatisticsFromJson),
    encryptionKeys: reader.objects("encryption-keys").map(encryptedKeyFromJson),
    nextRowId: reader.optionalLong("next-row-id") ?? 0n,
    extra: reader.rest(KNOWN),
  };
}

function readSchemas(reader: JsonReader): readonly Schema[] {
  return reader.has("schemas")
    ? reader.objects("schemas").map(schemaFromJson)
    : [schemaFromJson(reader.object("schema"))];
}

function readSpecs(reader: JsonReader): readonly PartitionSpec[] {
  if (reader.has("partition-specs")) return reader.objects("partition-specs").map(partitionSpecFromJson);
  return [{ specId: 0, fields: partitionFieldsFromJson(reader.objects("partition-spec")) }];
}

function lastPartitionId(specs: readonly PartitionSpec[]): number {
  return Math.max(FIRST_PARTITION_FIELD_ID - 1, ...specs.flatMap((spec) => spec.fields.map(({ fieldId }) => fieldId)));
}

function readCurrentSnapshotId(reader: JsonReader): bigint | undefined {
  const id = reader.optionalLong("current-snapshot-id");
  return id === -1n ? undefined : id; // How some v1 writers say "none".
}

function readRefs(reader: JsonReader, currentSnapshotId: bigint | undefined): Readonly<Record<string, SnapshotRef>> {
  const refs: Record<string, SnapshotRef> = {};
  if (currentSnapshotId !== undefined) refs[MAIN_BRANCH] = { snapshotId: currentSnapshotId, type: "branch" };
  if (!reader.has("refs")) return refs;
  const all = reader.object("refs");
  for (const name of Object.keys(reader.raw("refs") ?? {})) {
    refs[name] = refFromJson(all.object(name));
  }
  return refs;
}

/** The metadata file's text. Snapshots already printed once are not printed again: a table may hold ten thousand. */
export function formatMetadata(metadata: TableMetadata): string {
  const members = formatJson({ ...topMembers(metadata), ...metadata.extra });
  return `${members.slice(0, -1)},"snapshots":[${metadata.snapshots.map(snapshotText).join(",")}]}`;
}

/** The metadata as JSON, to be part of another document. */
export function metadataJson(metadata: TableMetadata): JsonObject {
  return { ...topMembers(metadata), ...metadata.extra, snapshots: metadata.snapshots.map(snapshotJson) };
}

function topMembers(metadata: TableMetadata): JsonObject {
  const isV1 = metadata.formatVersion === 1;
  const schema = metadata.schemas.find(({ schemaId }) => schemaId === metadata.currentSchemaId);
  const spec = metadata.partitionSpecs.find(({ specId }) => specId === metadata.defaultSpecId);
  return {
    "format-version": metadata.formatVersion,
    "table-uuid": metadata.tableUuid,
    location: metadata.location,
    "last-sequence-number": isV1 ? undefined : metadata.lastSequenceNumber,
    "last-updated-ms": metadata.lastUpdatedMs,
    "last-column-id": metadata.lastColumnId,
    schema: isV1 && schema !== undefined ? schemaJson(schema) : undefined,
    "current-schema-id": metadata.currentSchemaId,
    schemas: metadata.schemas.map(schemaJson),
    "partition-spec": isV1 && spec !== undefined ? partitionFieldsJson(spec) : undefined,
    "default-spec-id": metadata.defaultSpecId,
    "partition-specs": metadata.partitionSpecs.map(partitionSpecJson),
    "last-partition-id": metadata.lastPartitionId,
    "default-sort-order-id": metadata.defaultSortOrderId,
    "sort-orders": metadata.sortOrders.map(sortOrderJson),
    properties: metadata.properties,
    // Absent rather than null where the table is empty: older readers of v2 know only -1 or nothing.
    "current-snapshot-id": metadata.currentSnapshotId,
    refs: Object.fromEntries(Object.entries(metadata.refs).map(([name, ref]) => [name, refJson(ref)])),
    "snapshot-log": metadata.snapshotLog.map((entry) => ({
      "timestamp-ms": entry.timestampMs,
      "snapshot-id": entry.snapshotId,
    })),
    "metadata-log": metadata.metadataLog.map((entry) => ({
      "timestamp-ms": entry.timestampMs,
      "metadata-file": entry.metadataFile,
    })),
    statistics: listed(metadata.statistics, statisticsJson),
    "partition-statistics": listed(metadata.partitionStatistics, partitionStatisticsJson),
    "encryption-keys": listed(metadata.encryptionKeys, encryptedKeyJson),
    "next-row-id": metadata.formatVersion >= 3 || metadata.nextRowId > 0n ? metadata.nextRowId : undefined,
  };
}

function listed<T>(all: readonly T[], json: (one: T) => JsonObject): readonly JsonObject[] | undefined {
  return all.length === 0 ? undefined : all.map(json);
}
