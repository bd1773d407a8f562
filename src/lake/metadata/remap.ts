import { InvalidInputError } from "../../base/index.ts";
import type { PartitionField, UnboundPartitionSpec } from "../core/partition-spec.ts";
import type { Schema } from "../core/schema.ts";
import { indexSchema } from "../core/schema-index.ts";
import type { SortOrder } from "../core/sort-order.ts";

interface Schemas {
  readonly from: Schema;
  readonly to: Schema;
}

type UnboundFields = UnboundPartitionSpec["fields"];

/** Fields over the columns of one schema, as fields over the columns of the same names of another. */
export function remappedSpecFields(fields: UnboundFields, schemas: Schemas): UnboundFields {
  return fields.map((field) => {
    const sources = remappedSources(field, schemas);
    if (sources !== undefined) return { ...field, ...sources };
    if (field.transform.kind === "void") return field; // Its column may be gone, in a table of format v1.
    throw new InvalidInputError(`Cannot find source column for partition field: ${field.name} of ${field.sourceId}`);
  });
}

export function remappedSortOrder(order: SortOrder, schemas: Schemas): SortOrder {
  const fields = order.fields.map((field) => {
    const sources = remappedSources(field, schemas);
    if (sources !== undefined) return { ...field, ...sources };
    throw new InvalidInputError(`Cannot find source column for sort field of ${field.sourceId}`);
  });
  return { ...order, fields };
}

type Sources = Pick<PartitionField, "sourceId" | "sourceIds">;

function remappedSources({ sourceId: first, sourceIds: all }: Sources, schemas: Schemas): Sources | undefined {
  const sourceId = remappedId(first, schemas);
  if (sourceId === undefined || all === undefined) return sourceId === undefined ? undefined : { sourceId };
  const sourceIds = all.flatMap((id) => remappedId(id, schemas) ?? []);
  return sourceIds.length === all.length ? { sourceId, sourceIds } : undefined;
}

function remappedId(id: number, { from, to }: Schemas): number | undefined {
  const name = indexSchema(from).byId.get(id)?.name;
  return name === undefined ? undefined : indexSchema(to).byName.get(name)?.field.id;
}
