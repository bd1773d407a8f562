import { InvalidInputError } from "../../base/index.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { partitionSpecJson, unboundPartitionSpecFromJson } from "../core/partition-spec.ts";
import { schemaFromJson, schemaJson } from "../core/schema.ts";
import { sortOrderFromJson, sortOrderJson } from "../core/sort-order.ts";
import { asInput } from "./as-input.ts";
import { refFromJson, refJson, snapshotFromJson, snapshotJson } from "./snapshot-json.ts";
import {
  encryptedKeyFromJson,
  encryptedKeyJson,
  partitionStatisticsFromJson,
  partitionStatisticsJson,
  statisticsFromJson,
  statisticsJson,
} from "./statistics.ts";
import type { TableUpdate } from "./update.ts";

/**
 * Reads one update of the REST catalog protocol.
 *
 * @throws {InvalidInputError} on an unknown action or a member that is not as the protocol has it
 */
export function tableUpdateFromJson(json: Json): TableUpdate {
  return asInput("table update", () => {
    const reader = new JsonReader(json, "table update");
    const action = reader.text("action").toLowerCase();
    const read = READERS.get(action);
    if (read !== undefined) return read(reader);
    throw new InvalidInputError(`Cannot apply the table update ${JSON.stringify(action)}: it is not known here`);
  });
}

const READERS: ReadonlyMap<string, (reader: JsonReader) => TableUpdate> = new Map<
  TableUpdate["action"],
  (reader: JsonReader) => TableUpdate
>([
  ["assign-uuid", (reader) => ({ action: "assign-uuid", uuid: reader.text("uuid") })],
  [
    "upgrade-format-version",
    (reader) => ({ action: "upgrade-format-version", formatVersion: reader.integer("format-version") }),
  ],
  [
    "add-schema",
    (reader) => ({
      action: "add-schema",
      schema: schemaFromJson(reader.object("schema")),
      lastColumnId: reader.optionalInteger("last-column-id"),
    }),
  ],
  ["set-current-schema", (reader) => ({ action: "set-current-schema", schemaId: reader.integer("schema-id") })],
  ["add-spec", (reader) => ({ action: "add-spec", spec: unboundPartitionSpecFromJson(reader.object("spec")) })],
  ["set-default-spec", (reader) => ({ action: "set-default-spec", specId: reader.integer("spec-id") })],
  [
    "add-sort-order",
    (reader) => ({ action: "add-sort-order", sortOrder: sortOrderFromJson(reader.object("sort-order")) }),
  ],
  [
    "set-default-sort-order",
    (reader) => ({ action: "set-default-sort-order", sortOrderId: reader.integer("sort-order-id") }),
  ],
  ["add-snapshot", (reader) => ({ action: "add-snapshot", snapshot: snapshotFromJson(reader.object("snapshot")) })],
  ["remove-snapshots", (reader) => ({ action: "remove-snapshots", snapshotIds: reader.longs("snapshot-ids") })],
  [
    "set-snapshot-ref",
    (reader) => ({ action: "set-snapshot-ref", refName: reader.text("ref-name"), ref: refFromJson(reader) }),
  ],
  ["remove-snapshot-ref", (reader) => ({ action: "remove-snapshot-ref", refName: reader.text("ref-name") })],
  // Old clients say "updated" and "removed".
  [
    "set-properties",
    (reader) => ({ action: "set-properties", updates: reader.textMap(reader.has("updates") ? "updates" : "updated") }),
  ],
  [
    "remove-properties",
    (reader) => ({
      action: "remove-properties",
      removals: reader.texts(reader.has("removals") ? "removals" : "removed"),
    }),
  ],
  ["set-location", (reader) => ({ action: "set-location", location: reader.text("location") })],
  [
    "set-statistics",
    (reader) => ({ action: "set-statistics", statistics: statisticsFromJson(reader.object("statistics")) }),
  ],
  ["remove-statistics", (reader) => ({ action: "remove-statistics", snapshotId: reader.long("snapshot-id") })],
  [
    "set-partition-statistics",
    (reader) => ({
      action: "set-partition-statistics",
      partitionStatistics: partitionStatisticsFromJson(reader.object("partition-statistics")),
    }),
  ],
  [
    "remove-partition-statistics",
    (reader) => ({ action: "remove-partition-statistics", snapshotId: reader.long("snapshot-id") }),
  ],
  ["remove-partition-specs", (reader) => ({ action: "remove-partition-specs", specIds: reader.integers("spec-ids") })],
  ["remove-schemas", (reader) => ({ action: "remove-schemas", schemaIds: reader.integers("schema-ids") })],
  [
    "add-encryption-key",
    (reader) => ({
      action: "add-encryption-key",
      encryptionKey: encryptedKeyFromJson(reader.object("encryption-key")),
    }),
  ],
  ["remove-encryption-key", (reader) => ({ action: "remove-encryption-key", keyId: reader.text("key-id") })],
]);

/** The update as the protocol spells it. */
export function tableUpdateJson(update: TableUpdate): JsonObject {
  return { action: update.action, ...members(update) };
}

function members(update: TableUpdate): JsonObject {
  switch (update.action) {
    case "assign-uuid":
      return { uuid: update.uuid };
    case "upgrade-format-version":
      return { "format-version": update.formatVersion };
    case "add-schema":
      return { schema: schemaJson(update.schema), "last-column-id": update.lastColumnId };
    case "set-current-schema":
      return { "schema-id": update.schemaId };
    case "add-spec":
      return { spec: partitionSpecJson(update.spec) };
    case "set-default-spec":
      return { "spec-id": update.specId };
    case "add-sort-order":
      return { "sort-order": sortOrderJson(update.sortOrder) };
    case "set-default-sort-order":
      return { "sort-order-id": update.sortOrderId };
    case "add-snapshot":
      return { snapshot: snapshotJson(update.snapshot) };
    case "remove-snapshots":
      return { "snapshot-ids": update.snapshotIds };
    case "set-snapshot-ref":
      return { "ref-name": update.refName, ...refJson(update.ref) };
    case "remove-snapshot-ref":
      return { "ref-name": update.refName };
    case "set-properties":
      return { updates: update.updates };
    case "remove-properties":
      return { removals: update.removals };
    case "set-location":
      return { location: update.location };
    case "set-statistics":
      return { "snapshot-id": update.statistics.snapshotId, statistics: statisticsJson(update.statistics) };
    case "set-partition-statistics":
      return { "partition-statistics": partitionStatisticsJson(update.partitionStatistics) };
    case "remove-statistics":
    case "remove-partition-statistics":
      return { "snapshot-id": update.snapshotId };
    case "remove-partition-specs":
      return { "spec-ids": update.specIds };
    case "remove-schemas":
      return { "schema-ids": update.schemaIds };
    case "add-encryption-key":
      return { "encryption-key": encryptedKeyJson(update.encryptionKey) };
    case "remove-encryption-key":
      return { "key-id": update.keyId };
  }
}
