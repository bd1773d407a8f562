import { InvalidInputError } from "../../base/index.ts";
import type { JsonObject } from "./json.ts";
import type { JsonReader } from "./json-object.ts";
import { columnNamed, type Schema } from "./schema.ts";
import { parseTransform, type Transform, transformAccepts, transformText } from "./transform.ts";
import { isPrimitive, typeText } from "./types.ts";

interface SortField {
  readonly sourceId: number;
  readonly transform: Transform;
  readonly direction: "asc" | "desc";
  readonly nullOrder: "nulls-first" | "nulls-last";
}
/** Order 0 is "unsorted". */
export interface SortOrder {
  readonly orderId: number;
  readonly fields: readonly SortField[];
}

/** A sort key as a caller writes it: ascending, nulls first, the column's own value unless said otherwise. */
export interface SortInput {
  readonly column: string;
  readonly direction?: "asc" | "desc" | undefined;
  readonly nullOrder?: "nulls-first" | "nulls-last" | undefined;
  readonly transform?: string | undefined;
}

export const UNSORTED: SortOrder = { orderId: 0, fields: [] };

export function sortOrderFrom(schema: Schema, inputs: readonly SortInput[]): SortOrder {
  if (inputs.length === 0) return UNSORTED;
  const fields = inputs.map(
    ({ column, direction = "asc", nullOrder = "nulls-first", transform: text = "identity" }): SortField => {
      const source = columnNamed(schema, column);
      const transform = parseTransform(text);
      if (!isPrimitive(source.type) || !transformAccepts(transform, source.type)) {
        throw new InvalidInputError(`Cannot sort by ${text} of ${column}, which is ${typeText(source.type)}`);
      }
      return { sourceId: source.id, transform, direction, nullOrder };
    },
  );
  return { orderId: 1, fields };
}

export function sortOrderFromJson(reader: JsonReader): SortOrder {
  return {
    orderId: reader.integer("order-id"),
    fields: reader.objects("fields").map((field) => ({
      sourceId: field.optionalInteger("source-id") ?? Number(field.list("source-ids")[0]),
      transform: parseTransform(field.text("transform")),
      direction: field.text("direction") === "desc" ? "desc" : "asc",
      nullOrder: field.text("null-order") === "nulls-last" ? "nulls-last" : "nulls-first",
    })),
  };
}

export function sortOrderJson(order: SortOrder): JsonObject {
  return {
    "order-id": order.orderId,
    fields: order.fields.map(({ sourceId, transform, direction, nullOrder }) => ({
      transform: transformText(transform),
      "source-id": sourceId,
      direction,
      "null-order": nullOrder,
    })),
  };
}
