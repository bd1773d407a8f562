import { InvalidInputError } from "../../base/index.ts";
import { formatJson, type Json, type JsonObject } from "./json.ts";
import type { JsonReader } from "./json-object.ts";
import { canonicalDefault } from "./single-value-json.ts";
import {
  type Field,
  fieldJson,
  idsOf,
  isNamedType,
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
  /** Value of the column in rows written before it was added; as JSON. Format v3. */
  readonly initialDefault?: Json | undefined;
  /** Value of the column where a writer gives none; as JSON. Format v3. */
  readonly writeDefault?: Json | undefined;
}

/** @throws {InvalidInputError} on an id or a name used twice, or a type this library does not know */
export function schemaFrom(columns: readonly ColumnInput[], schemaId = 0): Schema {
  const fields = columns.map(fieldFrom);
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
  const strange = fields.find(({ type }) => type.kind === "opaque" && !isNamedType(type.text));
  if (strange !== undefined) {
    throw new InvalidInputError(
      `Cannot make column ${strange.name}: ${JSON.stringify(strange.type)} is not a known type`,
    );
  }
  return { schemaId, fields, identifierFieldIds: [] };
}

function fieldFrom({ type: json, initialDefault, writeDefault, ...column }: ColumnInput): Field {
  const type = parseType(json);
  return {
    ...column,
    type,
    ...(initialDefault !== undefined && { initialDefault: canonicalDefault(type, initialDefault) }),
    ...(writeDefault !== undefined && { writeDefault: canonicalDefault(type, writeDefault) }),
  };
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

/** The same columns with the same ids, docs and defaults, and the same identifier fields, whatever the schemas' ids. */
export function sameSchema(one: Schema, other: Schema): boolean {
  return schemaKey(one) === schemaKey(other);
}

function schemaKey(schema: Schema): string {
  const identifiers = schema.identifierFieldIds.toSorted((one, other) => one - other);
  return formatJson([identifiers, ...schema.fields.map(fieldJson)]);
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
