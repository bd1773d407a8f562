import { formatJson, type JsonObject } from "../core/json.ts";
import type { JsonReader } from "../core/json-object.ts";
import type { Snapshot, SnapshotOperation, SnapshotRef } from "./snapshot.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "snapshot-id",
  "parent-snapshot-id",
  "sequence-number",
  "timestamp-ms",
  "manifest-list",
  "manifests",
  "summary",
  "schema-id",
  "first-row-id",
  "added-rows",
  "key-id",
]);

/** @see https://iceberg.apache.org/spec/#snapshots */
export function snapshotFromJson(reader: JsonReader): Snapshot {
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
    firstRowId: reader.optionalLong("first-row-id"),
    addedRows: reader.optionalLong("added-rows"),
    keyId: reader.optionalText("key-id"),
    extra: reader.rest(KNOWN),
  };
}

export function snapshotJson(snapshot: Snapshot): JsonObject {
  const { operation, summary } = snapshot;
  return {
    "sequence-number": snapshot.sequenceNumber > 0 ? snapshot.sequenceNumber : undefined,
    "snapshot-id": snapshot.snapshotId,
    "parent-snapshot-id": snapshot.parentSnapshotId,
    "timestamp-ms": snapshot.timestampMs,
    summary: operation === undefined && Object.keys(summary).length === 0 ? undefined : { operation, ...summary },
    "manifest-list": snapshot.manifestList,
    manifests: snapshot.manifestList === undefined && snapshot.manifests.length > 0 ? snapshot.manifests : undefined,
    "schema-id": snapshot.schemaId,
    "first-row-id": snapshot.firstRowId,
    "added-rows": snapshot.addedRows,
    "key-id": snapshot.keyId,
    ...snapshot.extra,
  };
}

const texts = new WeakMap<Snapshot, string>();

/** Snapshots already printed once are not printed again: a table may hold ten thousand. */
export function snapshotText(snapshot: Snapshot): string {
  const known = texts.get(snapshot);
  if (known !== undefined) return known;
  const text = formatJson(snapshotJson(snapshot));
  texts.set(snapshot, text);
  return text;
}

export function refFromJson(reader: JsonReader): SnapshotRef {
  return {
    snapshotId: reader.long("snapshot-id"),
    type: reader.oneOf("type", ["branch", "tag"]),
    minSnapshotsToKeep: reader.optionalInteger("min-snapshots-to-keep"),
    maxSnapshotAgeMs: reader.optionalInteger("max-snapshot-age-ms"),
    maxRefAgeMs: reader.optionalInteger("max-ref-age-ms"),
  };
}

export function refJson(ref: SnapshotRef): JsonObject {
  return {
    "snapshot-id": ref.snapshotId,
    type: ref.type,
    "min-snapshots-to-keep": ref.minSnapshotsToKeep,
    "max-snapshot-age-ms": ref.maxSnapshotAgeMs,
    "max-ref-age-ms": ref.maxRefAgeMs,
  };
}
