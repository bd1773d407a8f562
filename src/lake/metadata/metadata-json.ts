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
import { MAIN_BRANCH, type Snapshot, type SnapshotOperation, type SnapshotRef } from "./snapshot.ts";
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
]);

const SNAPSHOT_KNOWN: ReadonlySet<string> = new Set([
  "snapshot-id",
  "parent-snapshot-id",
  "sequence-number",
  "timestamp-ms",
  "manifest-list",
  "manifests",
  "summary",
  "schema-id",
]);

/**
 * Reads table metadata of format v1 to v3.
 *
 * @throws {LakeCorruptError} naming the member that is not as specified
 * @throws {LakeUnsupportedError} on a later format version
 */
export function parseMetadata(text: string): TableMetadata {
  const reader = new JsonReader(parseJson(text), "table metadata");
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
    snapshots: reader.objects("snapshots").map(readSnapshot),
    snapshotLog: reader.objects("snapshot-log").map((entry) => ({
      timestampMs: entry.integer("timestamp-ms"),
      snapshotId: entry.long("snapshot-id"),
    })),
    metadataLog: reader.objects("metadata-log").map((entry) => ({
      timestampMs: entry.integer("timestamp-ms"),
      metadataFile: entry.text("metadata-file"),
    })),
    refs: readRefs(reader, currentSnapshotId),
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

function readSnapshot(reader: JsonReader): Snapshot {
  const { operation, ...summary } = reader.textMap("summary");
  return {
    snapshotId: reader.long("snapshot-id"),
    parentSnapshotId: reader.optionalLong("parent-snapshot-id"),
    sequenceNumber: reader.optionalInteger("sequence-number") ?? 0,
    timestampMs: reader.integer("timestamp-ms"),
    manifestList: reader.optionalText("manifest-list"),
    manifests: reader.optionalList("manifests").map(String),
    operation: operation as SnapshotOperation | undefined,
    summary,
    schemaId: reader.optionalInteger("schema-id"),
    extra: reader.rest(SNAPSHOT_KNOWN),
  };
}

function readRefs(reader: JsonReader, currentSnapshotId: bigint | undefined): Readonly<Record<string, SnapshotRef>> {
  const refs: Record<string, SnapshotRef> = {};
  if (currentSnapshotId !== undefined) refs[MAIN_BRANCH] = { snapshotId: currentSnapshotId, type: "branch" };
  if (!reader.has("refs")) return refs;
  const all = reader.object("refs");
  for (const name of Object.keys(reader.raw("refs") ?? {})) {
    const ref = all.object(name);
    refs[name] = {
      snapshotId: ref.long("snapshot-id"),
      type: ref.text("type") === "tag" ? "tag" : "branch",
      minSnapshotsToKeep: ref.optionalInteger("min-snapshots-to-keep"),
      maxSnapshotAgeMs: ref.optionalInteger("max-snapshot-age-ms"),
      maxRefAgeMs: ref.optionalInteger("max-ref-age-ms"),
    };
  }
  return refs;
}

/** The metadata file's text. Snapshots already printed once are not printed again: a table may hold ten thousand. */
export function formatMetadata(metadata: TableMetadata): string {
  const members = formatJson({ ...topMembers(metadata), ...metadata.extra });
  return `${members.slice(0, -1)},"snapshots":[${metadata.snapshots.map(snapshotText).join(",")}]}`;
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
  };
}

function refJson(ref: SnapshotRef): Json {
  return {
    "snapshot-id": ref.snapshotId,
    type: ref.type,
    "min-snapshots-to-keep": ref.minSnapshotsToKeep,
    "max-snapshot-age-ms": ref.maxSnapshotAgeMs,
    "max-ref-age-ms": ref.maxRefAgeMs,
  };
}

const texts = new WeakMap<Snapshot, string>();

function snapshotText(snapshot: Snapshot): string {
  const known = texts.get(snapshot);
  if (known !== undefined) return known;
  const { operation, summary } = snapshot;
  const text = formatJson({
    "sequence-number": snapshot.sequenceNumber > 0 ? snapshot.sequenceNumber : undefined,
    "snapshot-id": snapshot.snapshotId,
    "parent-snapshot-id": snapshot.parentSnapshotId,
    "timestamp-ms": snapshot.timestampMs,
    summary: operation === undefined && Object.keys(summary).length === 0 ? undefined : { operation, ...summary },
    "manifest-list": snapshot.manifestList,
    manifests: snapshot.manifestList === undefined && snapshot.manifests.length > 0 ? snapshot.manifests : undefined,
    "schema-id": snapshot.schemaId,
    ...snapshot.extra,
  });
  texts.set(snapshot, text);
  return text;
}
