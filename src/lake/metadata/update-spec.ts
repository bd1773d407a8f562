import { InvalidInputError } from "../../base/index.ts";
import {
  FIRST_PARTITION_FIELD_ID,
  type PartitionField,
  type PartitionSpec,
  type UnboundPartitionSpec,
} from "../core/partition-spec.ts";
import { checkPartitionFields, checkSortFields } from "../core/schema-check.ts";
import { indexSchema } from "../core/schema-index.ts";
import { type SortField, type SortOrder, UNSORTED } from "../core/sort-order.ts";
import { transformText } from "../core/transform.ts";
import { change, type Draft, LAST_ADDED } from "./draft.ts";
import { currentSchema, type TableMetadata } from "./table-metadata.ts";

type UnboundField = UnboundPartitionSpec["fields"][number];

/** Adds a partition spec, or finds the one with equal fields. */
export function addSpec(draft: Draft, spec: UnboundPartitionSpec): void {
  const { table } = draft;
  const equal = table.partitionSpecs.find((each) => sameFields(each.fields, spec.fields));
  if (equal !== undefined) {
    draft.lastAddedSpecId = equal.specId;
    return;
  }
  refuseWithoutSchema(table, "partition spec");
  checkPartitionFields(spec.fields, currentSchema(table));
  checkNames(table, spec.fields);
  const fields = withFieldIds(table, spec.fields);
  checkFieldIds(table, fields);
  const specId = table.partitionSpecs.reduce((next, each) => Math.max(next, each.specId + 1), 0);
  draft.lastAddedSpecId = specId;
  change(draft, {
    partitionSpecs: [...table.partitionSpecs, { specId, fields }],
    lastPartitionId: Math.max(table.lastPartitionId, ...fields.map(({ fieldId }) => fieldId)),
  });
}

function refuseWithoutSchema(table: TableMetadata, what: string): void {
  if (table.schemas.some(({ schemaId }) => schemaId === table.currentSchemaId)) return;
  throw new InvalidInputError(`Cannot add a ${what} before a schema is added and set`);
}

function sameFields(one: PartitionSpec["fields"], other: readonly UnboundField[]): boolean {
  return (
    one.length === other.length &&
    one.every((field, index) => {
      const twin = other[index];
      return twin !== undefined && field.name === twin.name && transformKey(field) === transformKey(twin);
    })
  );
}

export function transformKey(field: Pick<PartitionField, "sourceId" | "sourceIds" | "transform">): string {
  return `${field.sourceIds ?? field.sourceId} ${transformText(field.transform)}`;
}

function checkNames(table: TableMetadata, fields: readonly UnboundField[]): void {
  const { byName } = indexSchema(currentSchema(table));
  const names = new Set<string>();
  for (const { name, sourceId, transform } of fields) {
    if (name === "") throw new InvalidInputError("Cannot use empty partition name");
    if (names.has(name)) throw new InvalidInputError(`Cannot use partition name more than once: ${name}`);
    names.add(name);
    const column = byName.get(name);
    if (column !== undefined && column.field.id !== sourceId && transform.kind !== "void") {
      throw new InvalidInputError(
        `Cannot create partition from name that exists in schema: ${name} is a column, and not the field's source`,
      );
    }
  }
}

/** A field without an id takes that of its like in any spec of the table, else the next free. */
function withFieldIds(table: TableMetadata, fields: readonly UnboundField[]): readonly PartitionField[] {
  const known = new Map<string, number>();
  for (const field of table.partitionSpecs.flatMap((spec) => spec.fields))
    known.set(transformKey(field), field.fieldId);
  const taken = new Set(fields.flatMap(({ fieldId }) => fieldId ?? []));
  let last = Math.max(table.lastPartitionId, ...taken);
  return fields.map((field) => {
    if (field.fieldId !== undefined) return { ...field, fieldId: field.fieldId };
    const like = known.get(transformKey(field));
    if (like === undefined || taken.has(like)) last += 1;
    const fieldId = like === undefined || taken.has(like) ? last : like;
    taken.add(fieldId);
    return { ...field, fieldId };
  });
}

function checkFieldIds(table: TableMetadata, fields: readonly PartitionField[]): void {
  const ids = fields.map(({ fieldId }) => fieldId);
  if (new Set(ids).size !== ids.length) {
    throw new InvalidInputError(`Invalid partition spec: two fields have one field id, of ${ids.join(", ")}`);
  }
  const strange = table.formatVersion === 1 ? undefined : fields.find((field) => isOfAnother(table, field));
  if (strange !== undefined) {
    throw new InvalidInputError(
      `Invalid partition spec: field id ${strange.fieldId} of ${strange.name} is that of another field of the table. ` +
        "Nothing was changed; leave the id out",
    );
  }
  if (table.formatVersion === 1 && ids.some((id, index) => id !== FIRST_PARTITION_FIELD_ID + index)) {
    throw new InvalidInputError(
      `Spec does not use sequential IDs that are required in v1: ${ids.join(", ")}; replace dropped fields with void`,
    );
  }
}

/** From v2 on an id stands for one field in all specs. */
function isOfAnother(table: TableMetadata, field: PartitionField): boolean {
  const likes = table.partitionSpecs.flatMap((spec) => spec.fields).filter(({ fieldId }) => fieldId === field.fieldId);
  return likes.length > 0 && !likes.some((like) => transformKey(like) === transformKey(field));
}

export function setDefaultSpec(draft: Draft, id: number): void {
  const { table, lastAddedSpecId } = draft;
  const specId = id === LAST_ADDED ? lastAddedSpecId : id;
  if (specId === undefined) {
    throw new InvalidInputError("Cannot set last added spec: no spec has been added. Nothing was changed");
  }
  if (!table.partitionSpecs.some((spec) => spec.specId === specId)) {
    throw new InvalidInputError(`Cannot set default partition spec to unknown spec: ${specId}. Nothing was changed`);
  }
  if (specId !== table.defaultSpecId) change(draft, { defaultSpecId: specId });
}

export function removeSpecs(draft: Draft, ids: readonly number[]): void {
  const { table } = draft;
  if (ids.includes(table.defaultSpecId)) {
    throw new InvalidInputError(
      `Cannot remove the default partition spec: ${table.defaultSpecId}. Nothing was changed`,
    );
  }
  const kept = table.partitionSpecs.filter(({ specId }) => !ids.includes(specId));
  if (kept.length < table.partitionSpecs.length) change(draft, { partitionSpecs: kept });
}

/** Adds a sort order, or finds the equal one. An order without fields is order 0, "unsorted". */
export function addSortOrder(draft: Draft, order: SortOrder): void {
  const { table } = draft;
  const equal = table.sortOrders.find((each) => sameOrder(each, order));
  if (equal !== undefined) {
    draft.lastAddedOrderId = equal.orderId;
    return;
  }
  refuseWithoutSchema(table, "sort order");
  checkSortFields(order.fields, currentSchema(table));
  const orderId =
    order.fields.length === 0
      ? UNSORTED.orderId
      : table.sortOrders.reduce((next, each) => Math.max(next, each.orderId + 1), FIRST_SORT_ORDER_ID);
  draft.lastAddedOrderId = orderId;
  change(draft, { sortOrders: [...table.sortOrders, { ...order, orderId }] });
}

const FIRST_SORT_ORDER_ID = 1;

export function sameOrder(one: SortOrder, other: SortOrder): boolean {
  const key = (field: SortField) => `${transformKey(field)} ${field.direction} ${field.nullOrder}`;
  return one.fields.map(key).join() === other.fields.map(key).join();
}

export function setDefaultSortOrder(draft: Draft, id: number): void {
  const { table, lastAddedOrderId } = draft;
  const orderId = id === LAST_ADDED ? lastAddedOrderId : id;
  if (orderId === undefined) {
    throw new InvalidInputError("Cannot set last added sort order: no sort order has been added. Nothing was changed");
  }
  if (!table.sortOrders.some((order) => order.orderId === orderId)) {
    throw new InvalidInputError(`Cannot set default sort order to unknown order: ${orderId}. Nothing was changed`);
  }
  if (orderId !== table.defaultSortOrderId) change(draft, { defaultSortOrderId: orderId });
}
