import { InvalidInputError } from "../../base/index.ts";
import { highestFieldId, type Schema, sameSchema } from "../core/schema.ts";
import { checkPartitionFields, checkSchema, checkSortFields } from "../core/schema-check.ts";
import { change, type Draft, LAST_ADDED } from "./draft.ts";
import type { TableMetadata } from "./table-metadata.ts";

/** Adds a schema, or finds the equal one; `lastColumnId` may say that higher ids were given and dropped again. */
export function addSchema(draft: Draft, schema: Schema, lastColumnId: number | undefined): void {
  const { table } = draft;
  checkSchema(schema, table.formatVersion);
  const lastId = Math.max(table.lastColumnId, highestFieldId(schema), lastColumnId ?? 0);
  const equal = table.schemas.find((each) => sameSchema(each, schema));
  const schemaId = equal?.schemaId ?? nextId(table.schemas, table.currentSchemaId);
  draft.lastAddedSchemaId = schemaId;
  if (equal !== undefined && lastId === table.lastColumnId) return;
  const schemas = equal === undefined ? [...table.schemas, { ...schema, schemaId }] : table.schemas;
  change(draft, { schemas, lastColumnId: lastId });
}

/** Schemas are counted on from the current one, as every implementation does. */
function nextId(schemas: readonly Schema[], currentId: number): number {
  return schemas.reduce((next, { schemaId }) => Math.max(next, schemaId + 1), schemas.length === 0 ? 0 : currentId);
}

export function setCurrentSchema(draft: Draft, id: number): void {
  const { table, lastAddedSchemaId } = draft;
  const schemaId = id === LAST_ADDED ? lastAddedSchemaId : id;
  if (schemaId === undefined) {
    throw new InvalidInputError("Cannot set last added schema: no schema has been added. Nothing was changed");
  }
  if (!table.schemas.some((schema) => schema.schemaId === schemaId)) {
    throw new InvalidInputError(`Cannot set current schema to unknown schema: ${schemaId}. Nothing was changed`);
  }
  if (schemaId !== table.currentSchemaId) change(draft, { currentSchemaId: schemaId });
}

export function removeSchemas(draft: Draft, ids: readonly number[]): void {
  const { table } = draft;
  if (ids.includes(table.currentSchemaId)) {
    throw new InvalidInputError(`Cannot remove the current schema: ${table.currentSchemaId}. Nothing was changed`);
  }
  const kept = table.schemas.filter(({ schemaId }) => !ids.includes(schemaId));
  if (kept.length < table.schemas.length) change(draft, { schemas: kept });
}

/**
 * @throws {InvalidInputError} when the table as a whole lacks a current schema, spec or order, or they contradict each
 * other: a column was dropped that the default spec or sort order still uses
 */
export function checkCurrentFits(table: TableMetadata): void {
  const schema = table.schemas.find(({ schemaId }) => schemaId === table.currentSchemaId);
  const spec = table.partitionSpecs.find(({ specId }) => specId === table.defaultSpecId);
  const order = table.sortOrders.find(({ orderId }) => orderId === table.defaultSortOrderId);
  if (schema === undefined || spec === undefined || order === undefined) {
    const missing = schema === undefined ? "schema" : spec === undefined ? "partition spec" : "sort order";
    throw new InvalidInputError(`Cannot make the table: it has no current ${missing}; add one and set it`);
  }
  checkPartitionFields(spec.fields, schema);
  checkSortFields(order.fields, schema);
}
