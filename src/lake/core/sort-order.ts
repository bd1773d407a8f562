import { InvalidInputError } from "../../base/index.ts";
import type { JsonObject } from "./json.ts";
import type { JsonReader } from "./json-object.ts";
import { sourcesFromJson, sourcesJson } from "./partition-spec.ts";
import type { Schema } from "./schema.ts";
import { sourceNamed } from "./schema-index.ts";
import { parseTransform, type Transform, transformAccepts, transformText } from "./transform.ts";
import { isPrimitive, typeText } from "./types.ts";

export interface SortField {
  readonly sourceId: number;
  /** Where the transform is of several columns: all of them. */
  readonly sourceIds?: readonly number[] | undefined;
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
      const source = sourceNamed(schema, column);
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
      ...sourcesFromJson(field),
      transform: parseTransform(field.text("transform")),
      direction: field.oneOf("direction", ["asc", "desc"]),
      nullOrder: field.oneOf("null-order", ["nulls-first", "nulls-last"]),
    })),
  };
}

export function sortOrderJson(order: SortOrder): JsonObject {
  return {
    "order-id": order.orderId,
    fields: order.fields.map((field) => ({
      transform: transformText(field.transform),
      ...sourcesJson(field),
      direction: field.direction,
      "null-order": field.nullOrder,
    })),
  };
}
