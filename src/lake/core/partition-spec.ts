import { InvalidInputError } from "../../base/index.ts";
import type { JsonObject } from "./json.ts";
import type { JsonReader } from "./json-object.ts";
import { primitiveById, type Schema } from "./schema.ts";
import { sourceNamed } from "./schema-index.ts";
import {
  parseTransform,
  partitionText,
  type Transform,
  transformAccepts,
  transformResult,
  transformText,
} from "./transform.ts";
import { isPrimitive, type PrimitiveType, typeText } from "./types.ts";
import type { Value } from "./value.ts";
import { formatValue } from "./value-text.ts";

export interface PartitionField {
  /** Of a transform of several columns, the first of them. */
  readonly sourceId: number;
  /** Where the transform is of several columns: all of them. No such transform is known yet, so it is only kept. */
  readonly sourceIds?: readonly number[] | undefined;
  /** From 1000; unique over all specs of the table. */
  readonly fieldId: number;
  readonly name: string;
  readonly transform: Transform;
}
export interface PartitionSpec {
  readonly specId: number;
  readonly fields: readonly PartitionField[];
}

/** A partition field as a caller writes it; the name defaults to the column's, with the transform behind it. */
export interface PartitionInput {
  readonly column: string;
  /** `identity`, `day`, `bucket[16]`, … */
  readonly transform: string;
  readonly name?: string | undefined;
}

/** A spec as a client of a catalog sends it: ids that are left out are the table's to give. */
export interface UnboundPartitionSpec {
  readonly specId: number | undefined;
  readonly fields: readonly (Omit<PartitionField, "fieldId"> & { readonly fieldId: number | undefined })[];
}

export const FIRST_PARTITION_FIELD_ID = 1000;

/** @throws {InvalidInputError} when a transform does not apply to its column */
export function partitionSpecFrom(schema: Schema, inputs: readonly PartitionInput[]): PartitionSpec {
  const fields = inputs.map(
    (input, index): PartitionField => ({
      ...partitionFieldFrom(schema, input),
      fieldId: FIRST_PARTITION_FIELD_ID + index,
    }),
  );
  if (new Set(fields.map(({ name }) => name)).size !== fields.length) {
    throw new InvalidInputError(
      `Cannot make the partition spec: two fields have one name, of ${fields.map(({ name }) => name)}`,
    );
  }
  return { specId: 0, fields };
}

/** @throws {InvalidInputError} when the transform does not apply to the column */
export function partitionFieldFrom(
  schema: Schema,
  { column, transform: text, name }: PartitionInput,
): Omit<PartitionField, "fieldId"> {
  const source = sourceNamed(schema, column);
  const transform = parseTransform(text);
  if (!isPrimitive(source.type) || transform.kind === "opaque" || !transformAccepts(transform, source.type)) {
    throw new InvalidInputError(`Cannot partition by ${text} of ${column}, which is ${typeText(source.type)}`);
  }
  return { sourceId: source.id, name: name ?? defaultName(column, transform), transform };
}

function defaultName(column: string, transform: Transform): string {
  return transform.kind === "identity"
    ? column
    : `${column}_${transform.kind === "truncate" ? "trunc" : transform.kind}`;
}

export function partitionSpecFromJson(reader: JsonReader): PartitionSpec {
  return { specId: reader.integer("spec-id"), fields: partitionFieldsFromJson(reader.objects("fields")) };
}

export function partitionFieldsFromJson(readers: readonly JsonReader[]): readonly PartitionField[] {
  return readers.map((reader, index) => ({
    ...sourcesFromJson(reader),
    fieldId: reader.optionalInteger("field-id") ?? FIRST_PARTITION_FIELD_ID + index, // v1 left the ids out.
    name: reader.text("name"),
    transform: parseTransform(reader.text("transform")),
  }));
}

export function unboundPartitionSpecFromJson(reader: JsonReader): UnboundPartitionSpec {
  return {
    specId: reader.optionalInteger("spec-id"),
    fields: reader.objects("fields").map((field) => ({
      ...sourcesFromJson(field),
      fieldId: field.optionalInteger("field-id"),
      name: field.text("name"),
      transform: parseTransform(field.text("transform")),
    })),
  };
}

/** The sources of a partition or sort field; later transforms may have several. */
export function sourcesFromJson(field: JsonReader): Pick<PartitionField, "sourceId" | "sourceIds"> {
  const sourceId = field.optionalInteger("source-id");
  if (sourceId !== undefined) return { sourceId };
  const sourceIds = field.integers("source-ids");
  return { sourceId: sourceIds[0] ?? 0, sourceIds };
}

export function sourcesJson({ sourceId, sourceIds }: Pick<PartitionField, "sourceId" | "sourceIds">): JsonObject {
  return sourceIds === undefined ? { "source-id": sourceId } : { "source-ids": sourceIds };
}

export function partitionFieldsJson(spec: UnboundPartitionSpec): readonly JsonObject[] {
  return spec.fields.map((field) => ({
    ...sourcesJson(field),
    "field-id": field.fieldId,
    name: field.name,
    transform: transformText(field.transform),
  }));
}

export function partitionSpecJson(spec: UnboundPartitionSpec): JsonObject {
  return { "spec-id": spec.specId, fields: partitionFieldsJson(spec) };
}

/** Type of a partition value; a field whose source column was dropped is an int that is always null. */
export function partitionFieldType(schema: Schema, field: PartitionField): PrimitiveType {
  const source = primitiveById(schema, field.sourceId);
  return source === undefined ? { kind: "int" } : transformResult(field.transform, source);
}

/** `ts_day=2024-01-31/venue=a%2Fb`: only letters, digits, `-`, `_` and `.` stay, so that no file system or glob reads more into it. */
export function partitionPath(
  spec: PartitionSpec,
  types: readonly PrimitiveType[],
  values: readonly (Value | undefined)[],
): string {
  return spec.fields
    .map((field, index) => {
      const value = values[index];
      const type = types[index] ?? { kind: "int" };
      const text = value === undefined ? "null" : partitionText(field.transform, type, value, formatValue);
      return `${escapePath(field.name)}=${escapePath(text)}`;
    })
    .join("/");
}

function escapePath(text: string): string {
  const escaped = encodeURIComponent(text).replace(
    /[!~*'()]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return escaped.length > 128 ? escaped.slice(0, 128).replace(/%.?$/, "") : escaped; // Names of a file system are bounded.
}
