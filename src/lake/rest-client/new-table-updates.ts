import { InvalidInputError } from "../../base/index.ts";
import { currentSchema, defaultSortOrder, specById, type TableMetadata } from "../metadata/table-metadata.ts";
import type { TableUpdate } from "../metadata/update.ts";

/**
 * The updates that make a table from nothing, as Java's client sends them to commit a staged creation. Unlike a request to
 * create, they keep the column ids that the table was given.
 */
export function newTableUpdates(metadata: TableMetadata): readonly TableUpdate[] {
  if (metadata.snapshots.length > 0) {
    throw new InvalidInputError("Cannot create a table that has snapshots already: register its metadata file");
  }
  return [
    { action: "assign-uuid", uuid: metadata.tableUuid },
    { action: "upgrade-format-version", formatVersion: metadata.formatVersion },
    { action: "add-schema", schema: currentSchema(metadata), lastColumnId: metadata.lastColumnId },
    { action: "set-current-schema", schemaId: LAST_ADDED },
    { action: "add-spec", spec: specById(metadata, metadata.defaultSpecId) },
    { action: "set-default-spec", specId: LAST_ADDED },
    { action: "add-sort-order", sortOrder: defaultSortOrder(metadata) },
    { action: "set-default-sort-order", sortOrderId: LAST_ADDED },
    { action: "set-location", location: metadata.location },
    { action: "set-properties", updates: metadata.properties },
  ];
}

/** Whatever id the server gave what was added last. */
const LAST_ADDED = -1;
