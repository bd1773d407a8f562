import { InvalidInputError } from "../../base/index.ts";
import type { JsonObject } from "./json.ts";
import type { JsonReader } from "./json-object.ts";
import {
  type Field,
  fieldJson,
  idsOf,
  isPrimitive,
  type PrimitiveType,
  parseField,
  parseType,
  type StructType,
} from "./types.ts";

/** A table's columns at one version. Columns are known by field id; names are only for people. */
export interface Schema {
  readonly schemaId: number;
  readonly fields: readonly Field[];
  /** Ids of the fields that identify a row, where the table has such. */
  readonly identifierFieldIds: readonly number[];
}

/** A column as a caller writes it. */
export interface ColumnInput {
  readonly id: number;
  readonly name: string;
  /** `decimal(18,8)`, `timestamptz`, `string`, … as the specification spells it; nested types in their JSON form. */
  readonly type: string | JsonObject;
  readonly required: boolean;
  readonly doc?: string | undefined;
}

/** @throws {InvalidInputError} on an id or a name used twice, or a type this library does not know */
export function schemaFrom(columns: readonly ColumnInput[], schemaId = 0): Schema {
  const fields = columns.map(({ type, ...column }): Field => ({ ...column, type: parseType(type) }));
  const ids = [...idsOf({ kind: "struct", fields })];
  const names = new Set(fields.map(({ name }) => name.toLowerCase()));
  if (new Set(ids).size !== ids.length || ids.some((id) => !Number.isInteger(id) || id < 1)) {
    throw new InvalidInputError(
      `Cannot make the schema: field ids must be whole, from 1 and each used once; got ${ids}`,
    );
  }
  if (names.size !== fields.length || names.has("")) {
    throw new InvalidInputError("Cannot make the schema: column names must differ by more than case and not be empty");
  }
  const opaque = fields.find(({ type }) => type.kind === "opaque");
  if (opaque !== undefined) {
    throw new InvalidInputError(
      `Cannot make column ${opaque.name}: ${JSON.stringify(opaque.type)} is not a known type`,
    );
  }
  return { schemaId, fields, identifierFieldIds: [] };
}

export function schemaFromJson(reader: JsonReader): Schema {
  return {
    schemaId: reader.optionalInteger("schema-id") ?? 0,
    fields: reader.list("fields").map(parseField),
    identifierFieldIds: reader.optionalList("identifier-field-ids").map(Number),
  };
}

export function schemaJson(schema: Schema): JsonObject {
  return {
    type: "struct",
    "schema-id": schema.schemaId,
    "identifier-field-ids": schema.identifierFieldIds.length > 0 ? schema.identifierFieldIds : undefined,
    fields: schema.fields.map(fieldJson),
  };
}

function structOf(schema: Schema): StructType {
  return { kind: "struct", fields: schema.fields };
}

export function highestFieldId(schema: Schema): number {
  return Math.max(0, ...idsOf(structOf(schema)));
}

/** @throws {InvalidInputError} naming the columns there are */
export function columnNamed(schema: Schema, name: string): Field {
  const field = schema.fields.find((candidate) => candidate.name === name);
  if (field !== undefined) return field;
  throw new InvalidInputError(
    `There is no column ${JSON.stringify(name)}; the columns are ${schema.fields.map((each) => each.name).join(", ")}`,
  );
}

/** The primitive type of a field anywhere outside lists and maps; undefined where there is none. */
export function primitiveById(schema: Schema, id: number): PrimitiveType | undefined {
  return findPrimitive(schema.fields, id);
}

function findPrimitive(fields: readonly Field[], id: number): PrimitiveType | undefined {
  for (const field of fields) {
    if (field.id === id) return isPrimitive(field.type) ? field.type : undefined;
    if (field.type.kind === "struct") {
      const found = findPrimitive(field.type.fields, id);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
