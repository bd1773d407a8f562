import { InvalidInputError } from "../../base/index.ts";
import { formatJson, type Json, type JsonObject, parseJson } from "./json.ts";
import { JsonReader } from "./json-object.ts";
import type { Schema } from "./schema.ts";
import { childFields } from "./schema-index.ts";
import type { Field } from "./types.ts";

/** The table property that holds a mapping, as JSON. */
export const NAME_MAPPING_PROPERTY = "schema.name-mapping.default";

/** Names of one field in files that have no field ids. */
export interface MappedField {
  readonly names: readonly string[];
  /** Undefined where the name is known and ignored. */
  readonly fieldId: number | undefined;
  /** Of a struct its fields, of a list `element`, of a map `key` and `value`. */
  readonly fields: readonly MappedField[];
}

/** @see https://iceberg.apache.org/spec/#column-projection */
export type NameMapping = readonly MappedField[];

/**
 * @throws {LakeCorruptError} on what is not such JSON
 * @throws {InvalidInputError} when two fields beside each other share a name
 */
export function parseNameMapping(text: string): NameMapping {
  return fieldsFromJson(parseJson(text), "name mapping");
}

function fieldsFromJson(json: Json, what: string): readonly MappedField[] {
  const readers = new JsonReader({ fields: json }, what).objects("fields");
  const fields = readers.map((reader): MappedField => {
    return {
      names: reader.has("names") ? reader.texts("names") : [],
      fieldId: reader.optionalInteger("field-id"),
      fields: reader.has("fields") ? fieldsFromJson(reader.list("fields"), what) : [],
    };
  });
  refuseSharedNames(fields);
  return fields;
}

function refuseSharedNames(fields: readonly MappedField[]): void {
  const seen = new Set<string>();
  for (const name of fields.flatMap(({ names }) => names)) {
    if (seen.has(name))
      throw new InvalidInputError(`Invalid name mapping: two fields are named ${JSON.stringify(name)}`);
    seen.add(name);
  }
}

export function formatNameMapping(mapping: NameMapping): string {
  return formatJson(mapping.map(mappedJson));
}

function mappedJson({ names, fieldId, fields }: MappedField): JsonObject {
  return { "field-id": fieldId, names, fields: fields.length === 0 ? undefined : fields.map(mappedJson) };
}

/** Each field by its own name. */
export function nameMappingOf(schema: Schema): NameMapping {
  return schema.fields.map(mappedField);
}

function mappedField(field: Field): MappedField {
  return { names: [field.name], fieldId: field.id, fields: childFields(field.type).map(mappedField) };
}

/**
 * The id of the field at `path` of a file: names from the top, with `element` for what is in a list, `key` and `value`
 * for what is in a map.
 *
 * @returns undefined where the mapping does not name it: the column is not of the table
 */
export function mappedFieldId(mapping: NameMapping, path: readonly string[]): number | undefined {
  let fields = mapping;
  let found: MappedField | undefined;
  for (const name of path) {
    found = fields.find(({ names }) => names.includes(name));
    if (found === undefined) return undefined;
    fields = found.fields;
  }
  return found?.fieldId;
}

/** The fields of a file without ids, with the ids that the mapping gives their names; those it does not name are left out. */
export function withMappedIds(mapping: NameMapping, fields: readonly Field[]): readonly Field[] {
  return fields.flatMap((field) => {
    const mapped = mapping.find(({ names }) => names.includes(field.name));
    if (mapped?.fieldId === undefined) return [];
    return { ...field, id: mapped.fieldId, type: mappedType(mapped.fields, field.type) };
  });
}

function mappedType(mapping: NameMapping, type: Field["type"]): Field["type"] {
  const part = (name: string): MappedField | undefined => mapping.find(({ names }) => names.includes(name));
  switch (type.kind) {
    case "struct":
      return { ...type, fields: withMappedIds(mapping, type.fields) };
    case "list": {
      const element = part("element");
      return {
        ...type,
        elementId: element?.fieldId ?? type.elementId,
        element: mappedType(element?.fields ?? [], type.element),
      };
    }
    case "map": {
      const [key, value] = [part("key"), part("value")];
      return {
        ...type,
        keyId: key?.fieldId ?? type.keyId,
        key: mappedType(key?.fields ?? [], type.key),
        valueId: value?.fieldId ?? type.valueId,
        value: mappedType(value?.fields ?? [], type.value),
      };
    }
    default:
      return type;
  }
}

/**
 * The mapping after the schema has changed: a renamed field is found by its old names and the new one, a new field by its
 * name alone, which it takes from whichever field had it before.
 */
export function evolvedNameMapping(mapping: NameMapping, schema: Schema): NameMapping {
  return evolve(mapping, schema.fields);
}

function evolve(mapping: NameMapping, fields: readonly Field[]): NameMapping {
  const taken = new Set(fields.map(({ name }) => name));
  const byId = new Map(fields.map((field) => [field.id, field]));
  const kept = mapping.map((mapped): MappedField => {
    const field = mapped.fieldId === undefined ? undefined : byId.get(mapped.fieldId);
    const names = mapped.names.filter((name) => name === field?.name || !taken.has(name));
    if (field === undefined) return { ...mapped, names };
    const all = names.includes(field.name) ? names : [...names, field.name];
    return { ...mapped, names: all, fields: evolve(mapped.fields, childFields(field.type)) };
  });
  const known = new Set(mapping.map(({ fieldId }) => fieldId));
  return [...kept, ...fields.filter(({ id }) => !known.has(id)).map(mappedField)];
}
