import { InvalidInputError } from "../../base/index.ts";
import type { Schema } from "./schema.ts";
import type { Field, Type } from "./types.ts";

/** A field at any depth; the element of a list and the key and value of a map are fields of those names. */
export interface IndexedField {
  readonly field: Field;
  /** Names from the top, joined by dots: `legs.element.price`. */
  readonly name: string;
  /** The fields around it, outermost first. */
  readonly parents: readonly Field[];
}

export interface SchemaIndex {
  readonly byId: ReadonlyMap<number, IndexedField>;
  readonly byName: ReadonlyMap<string, IndexedField>;
}

const indexes = new WeakMap<Schema, SchemaIndex>();

/**
 * All fields of a schema, by id and by full name.
 *
 * @throws {InvalidInputError} when two fields have one id or one full name
 */
export function indexSchema(schema: Schema): SchemaIndex {
  const known = indexes.get(schema);
  if (known !== undefined) return known;
  const byId = new Map<number, IndexedField>();
  const byName = new Map<string, IndexedField>();
  for (const indexed of walk(schema.fields, [])) {
    const twin = byId.get(indexed.field.id);
    if (twin !== undefined) {
      throw new InvalidInputError(
        `Invalid schema: fields ${twin.name} and ${indexed.name} have one id, ${twin.field.id}; give each its own`,
      );
    }
    const namesake = byName.get(indexed.name);
    if (namesake !== undefined) {
      throw new InvalidInputError(
        `Invalid schema: multiple fields for name ${indexed.name}: ${namesake.field.id} and ${indexed.field.id}`,
      );
    }
    byId.set(indexed.field.id, indexed);
    byName.set(indexed.name, indexed);
  }
  const index = { byId, byName };
  indexes.set(schema, index);
  return index;
}

/**
 * A column, or with dots a field within structs, that rows may be partitioned or sorted by.
 *
 * @throws {InvalidInputError} when there is none
 */
export function sourceNamed(schema: Schema, name: string): Field {
  const indexed = indexSchema(schema).byName.get(name);
  if (indexed === undefined) {
    const names = schema.fields.map((field) => field.name).join(", ");
    throw new InvalidInputError(`There is no column ${JSON.stringify(name)}; the columns are ${names}`);
  }
  const collection = indexed.parents.find(({ type }) => type.kind !== "struct");
  if (collection === undefined) return indexed.field;
  throw new InvalidInputError(
    `Cannot partition or sort by ${name}: it is within the ${collection.type.kind} ${collection.name}`,
  );
}

/** The schema with other fields to identify a row by. @throws {InvalidInputError} when it has none of such a name */
export function withIdentifierFields(schema: Schema, names: readonly string[]): Schema {
  const { byName } = indexSchema(schema);
  const identifierFieldIds = names.map((name) => {
    const indexed = byName.get(name);
    if (indexed !== undefined) return indexed.field.id;
    throw new InvalidInputError(
      `Cannot add field ${name} as an identifier field: not found in current schema or added columns`,
    );
  });
  return { ...schema, identifierFieldIds };
}

function* walk(fields: readonly Field[], parents: readonly Field[]): Generator<IndexedField> {
  for (const field of fields) {
    yield { field, name: [...parents, field].map(({ name }) => name).join("."), parents };
    yield* walk(childFields(field.type), [...parents, field]);
  }
}

/** The fields directly within a type; none within a primitive one. */
export function childFields(type: Type): readonly Field[] {
  switch (type.kind) {
    case "struct":
      return type.fields;
    case "list":
      return [{ id: type.elementId, name: "element", type: type.element, required: type.elementRequired }];
    case "map":
      return [
        { id: type.keyId, name: "key", type: type.key, required: true },
        { id: type.valueId, name: "value", type: type.value, required: type.valueRequired },
      ];
    default:
      return [];
  }
}
