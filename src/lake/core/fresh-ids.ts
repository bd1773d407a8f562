import type { Schema } from "./schema.ts";
import { indexSchema } from "./schema-index.ts";
import type { Field, Type } from "./types.ts";

export interface FreshSchema {
  readonly schema: Schema;
  /** The highest id that was ever given. */
  readonly lastColumnId: number;
}

/**
 * The schema with ids of the table's own: fields of one level are numbered before those within them.
 *
 * @param given.lastColumnId ids are counted on from here; 0 for a new table
 * @param given.base fields that it names alike, at the same place, keep its ids
 */
export function withFreshIds(
  schema: Schema,
  given: { readonly lastColumnId: number; readonly base?: Schema | undefined },
): FreshSchema {
  const assigner = new IdAssigner(given.lastColumnId, given.base);
  const fields = assigner.fields(schema.fields, "");
  const identifiers = schema.identifierFieldIds.flatMap((id) => indexSchema(schema).byId.get(id)?.name ?? []);
  const fresh: Schema = { schemaId: 0, fields, identifierFieldIds: [] };
  const { byName } = indexSchema(fresh);
  const identifierFieldIds = identifiers.flatMap((name) => byName.get(name)?.field.id ?? []);
  return { schema: { ...fresh, identifierFieldIds }, lastColumnId: assigner.lastId };
}

/** The type with fresh ids throughout, counted on from `lastColumnId`. */
export function typeWithFreshIds(
  type: Type,
  lastColumnId: number,
): { readonly type: Type; readonly lastColumnId: number } {
  const assigner = new IdAssigner(lastColumnId, undefined);
  return { type: assigner.type(type, ""), lastColumnId: assigner.lastId };
}

class IdAssigner {
  lastId: number;
  readonly #base: Schema | undefined;

  constructor(lastColumnId: number, base: Schema | undefined) {
    this.lastId = lastColumnId;
    this.#base = base;
  }

  fields(fields: readonly Field[], prefix: string): readonly Field[] {
    const ids = fields.map(({ name }) => this.#id(prefix + name));
    return fields.map((field, index) => ({
      ...field,
      id: ids[index] ?? 0,
      type: this.type(field.type, `${prefix}${field.name}.`),
    }));
  }

  type(type: Type, prefix: string): Type {
    switch (type.kind) {
      case "struct":
        return { kind: "struct", fields: this.fields(type.fields, prefix) };
      case "list": {
        const elementId = this.#id(`${prefix}element`);
        return { ...type, elementId, element: this.type(type.element, `${prefix}element.`) };
      }
      case "map": {
        const [keyId, valueId] = [this.#id(`${prefix}key`), this.#id(`${prefix}value`)];
        const key = this.type(type.key, `${prefix}key.`);
        return { ...type, keyId, valueId, key, value: this.type(type.value, `${prefix}value.`) };
      }
      default:
        return type;
    }
  }

  #id(name: string): number {
    const known = this.#base && indexSchema(this.#base).byName.get(name);
    if (known !== undefined) return known.field.id;
    this.lastId += 1;
    return this.lastId;
  }
}
