import { InvalidInputError } from "../../base/index.ts";
import { withFreshIds } from "../core/fresh-ids.ts";
import { FIRST_PARTITION_FIELD_ID, type UnboundPartitionSpec } from "../core/partition-spec.ts";
import type { TableDescription } from "./create-request.ts";
import { formatVersionOf, persistentProperties } from "./new-table.ts";
import { remappedSortOrder, remappedSpecFields } from "./remap.ts";
import { MAIN_BRANCH } from "./snapshot.ts";
import { currentSchema, specById, type TableMetadata } from "./table-metadata.ts";
import { effectiveUpdates, type TableUpdate } from "./update.ts";
import { transformKey } from "./update-spec.ts";

type UnboundFields = UnboundPartitionSpec["fields"];

/**
 * What makes a table another one under the same name: it is empty, its history stays, and columns of the same name keep
 * their ids, so that old snapshots are still read.
 *
 * @throws {InvalidInputError} when the description does not fit the table's format version
 */
export function replacementUpdates(
  base: TableMetadata,
  description: TableDescription,
  location: string = base.location,
): readonly TableUpdate[] {
  const { schema, partitionSpec, sortOrder, properties } = description;
  const fresh = withFreshIds(schema, { lastColumnId: base.lastColumnId, base: currentSchema(base) });
  const fields = remappedSpecFields(partitionSpec.fields, { from: schema, to: fresh.schema });
  const formatVersion = formatVersionOf(properties);
  return effectiveUpdates(base, [
    ...(formatVersion === undefined ? [] : [{ action: "upgrade-format-version", formatVersion } as const]),
    { action: "remove-snapshot-ref", refName: MAIN_BRANCH },
    { action: "add-schema", schema: fresh.schema, lastColumnId: fresh.lastColumnId },
    { action: "set-current-schema", schemaId: -1 },
    { action: "add-spec", spec: { specId: undefined, fields: carriedFields(base, fields) } },
    { action: "set-default-spec", specId: -1 },
    { action: "add-sort-order", sortOrder: remappedSortOrder(sortOrder, { from: schema, to: fresh.schema }) },
    { action: "set-default-sort-order", sortOrderId: -1 },
    { action: "set-location", location },
    { action: "set-properties", updates: persistentProperties(properties) },
  ]);
}

/** From v2 on the table gives the fields their ids; v1 keeps every field of its spec in its place, void where it is gone. */
function carriedFields(base: TableMetadata, fields: UnboundFields): UnboundFields {
  if (base.formatVersion > 1) return fields.map((field) => ({ ...field, fieldId: undefined }));
  refuseGaps(fields);
  const held = specById(base, base.defaultSpecId).fields;
  const names = new Set(fields.map(({ name }) => name));
  const byKey = new Map(fields.map((field) => [transformKey(field), field]));
  const carried = held.map((field) => {
    const same = byKey.get(transformKey(field));
    if (same !== undefined) return { ...same, fieldId: field.fieldId };
    const name = names.has(field.name) ? `${field.name}_${field.fieldId}` : field.name;
    return { ...field, name, transform: { kind: "void" } as const };
  });
  const known = new Set(held.map(transformKey));
  const added = fields.filter((field) => !known.has(transformKey(field)));
  return [...carried, ...added.map((field, index) => ({ ...field, fieldId: base.lastPartitionId + 1 + index }))];
}

function refuseGaps(fields: UnboundFields): void {
  const isSequential = fields.every(
    ({ fieldId }, index) => fieldId === undefined || fieldId === FIRST_PARTITION_FIELD_ID + index,
  );
  if (!isSequential) {
    throw new InvalidInputError("Spec does not use sequential IDs that are required in v1. Nothing was changed");
  }
}
