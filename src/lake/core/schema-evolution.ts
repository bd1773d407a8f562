import { describeError, InvalidInputError } from "../../base/index.ts";
import { typeWithFreshIds } from "./fresh-ids.ts";
import { formatJson, type Json } from "./json.ts";
import { mayPromote } from "./promotion.ts";
import type { Schema } from "./schema.ts";
import type { AddColumn, Place, SchemaChange } from "./schema-change.ts";
import { checkSchema } from "./schema-check.ts";
import { childFields, type IndexedField, indexSchema, withIdentifierFields } from "./schema-index.ts";
import { editStruct } from "./schema-tree.ts";
import { canonicalDefault } from "./single-value-json.ts";
import { type Field, isPrimitive, parseType, type Type, typeText } from "./types.ts";

interface EvolvedSchema {
  readonly schema: Schema;
  /** The highest id that was ever given. */
  readonly lastColumnId: number;
}

interface Evolution extends EvolvedSchema {
  readonly formatVersion: number;
  /** Fields that no row has yet. */
  readonly addedIds: ReadonlySet<number>;
}

/**
 * The schema after `changes`, in order. Ids are for ever: what stays keeps its own, what is added takes one that no
 * field had before. The result may need an id of its own in the table.
 *
 * @throws {InvalidInputError} on a change after which rows that there are could not be read
 */
export function evolveSchema(
  schema: Schema,
  changes: readonly SchemaChange[],
  table: { readonly lastColumnId: number; readonly formatVersion: number },
): EvolvedSchema {
  const start: Evolution = { schema, ...table, addedIds: new Set() };
  const { schema: next, lastColumnId } = changes.reduce(evolve, start);
  if (next.fields.length === 0) throw new InvalidInputError("Cannot drop every column of a table");
  checkSchema(next, table.formatVersion);
  return { schema: next, lastColumnId };
}

function evolve(evolution: Evolution, change: SchemaChange): Evolution {
  const { schema } = evolution;
  switch (change.change) {
    case "add":
      return add(evolution, change);
    case "drop":
      return { ...evolution, schema: drop(schema, change.column) };
    case "rename":
      return edited(evolution, change.column, "rename", (field) => ({ ...field, name: change.name }));
    case "move":
      return { ...evolution, schema: move(schema, change.column, change.to) };
    case "widen":
      return edited(evolution, change.column, "change the type of", (field) => widened(evolution, field, change));
    case "make-optional":
      refuseIdentifier(schema, change.column);
      return edited(evolution, change.column, "update", (field) => ({ ...field, required: false }));
    case "make-required":
      return edited(evolution, change.column, "update", (field) => required(evolution, field, change));
    case "document":
      return edited(evolution, change.column, "update", (field) => ({ ...field, doc: change.doc }));
    case "set-default":
      return edited(evolution, change.column, "update", (field) => withDefault(evolution, field, change.value));
    case "identify-by":
      return { ...evolution, schema: withIdentifierFields(schema, change.columns) };
  }
}

function found(schema: Schema, column: string, verb: string): IndexedField {
  const indexed = indexSchema(schema).byName.get(column);
  if (indexed !== undefined) return indexed;
  throw new InvalidInputError(`Cannot ${verb} missing column: ${column}. Nothing was changed`);
}

function edited(evolution: Evolution, column: string, verb: string, edit: (field: Field) => Field): Evolution {
  const { schema } = evolution;
  const { field, name, parents } = found(schema, column, verb);
  const parent = parents.at(-1);
  const isRename = verb === "rename";
  refuseMapKeys(column, [...parents, field]);
  if (isRename && parent !== undefined && parent.type.kind !== "struct") {
    throw new InvalidInputError(`Cannot rename ${name}: a ${parent.type.kind} names its parts itself`);
  }
  const change = (fields: readonly Field[]): readonly Field[] => {
    const others = fields.filter(({ id }) => id !== field.id);
    const next = edit(field);
    if (isRename)
      refuseNamesake(others, next.name, { what: `Cannot rename ${name}: name already exists: ${next.name}` });
    return fields.map((each) => (each.id === field.id ? next : each));
  };
  return { ...evolution, schema: editStruct(schema, parent, change) };
}

/** The key of a map decides which entry is which: nothing of it may change. */
function refuseMapKeys(column: string, path: readonly Field[]): void {
  const isInKey = path.some(({ type }, index) => type.kind === "map" && path[index + 1]?.id === type.keyId);
  if (isInKey) throw new InvalidInputError(`Cannot alter map keys: ${column}. Nothing was changed`);
}

/** Names beside each other differ by more than case: engines that do not tell case apart, DuckDB among them, read them too. */
function refuseNamesake(fields: readonly Field[], name: string, { what }: { readonly what: string }): void {
  if (name === "") throw new InvalidInputError("Cannot give a column an empty name. Nothing was changed");
  if (fields.some((field) => field.name.toLowerCase() === name.toLowerCase())) {
    throw new InvalidInputError(`${what}. Nothing was changed`);
  }
}

function add(evolution: Evolution, change: AddColumn): Evolution {
  const { schema, lastColumnId } = evolution;
  const parent = change.parent === undefined ? undefined : structParent(schema, change.parent);
  if (parent !== undefined) refuseMapKeys(parent.name, [...parent.parents, parent.field]);
  const fullName = parent === undefined ? change.name : `${parent.name}.${change.name}`;
  refuseNamesake(parent === undefined ? schema.fields : childFields(parent.field.type), change.name, {
    what: `Cannot add column, name already exists: ${fullName}`,
  });
  const { required: isRequired = false, doc, isSure = false } = change;
  if (isRequired && change.defaultValue === undefined && !isSure) {
    throw new InvalidInputError(
      `Incompatible change: cannot add required column without a default value: ${fullName}. Nothing was changed; ` +
        "add it optional",
    );
  }
  refuseDefaultBelowV3(evolution, fullName, change.defaultValue);
  const id = lastColumnId + 1;
  const fresh = typeWithFreshIds(parseType(change.type), id);
  const defaultValue = checkedDefault(fullName, fresh.type, change.defaultValue);
  const field: Field = {
    id,
    name: change.name,
    type: fresh.type,
    required: isRequired,
    ...(doc !== undefined && { doc }),
    ...(defaultValue !== undefined && { initialDefault: defaultValue, writeDefault: defaultValue }),
  };
  return {
    ...evolution,
    schema: editStruct(schema, parent?.field, (fields) => [...fields, field]),
    lastColumnId: fresh.lastColumnId,
    addedIds: new Set([...evolution.addedIds, id]),
  };
}

/** The struct itself, or the one that a list or a map holds. */
function structParent(schema: Schema, name: string): IndexedField {
  const indexed = found(schema, name, "add to");
  const within = { struct: "", list: ".element", map: ".value" } as const;
  const { type } = indexed.field;
  const suffix = isPrimitive(type) ? "" : within[type.kind];
  const parent = found(schema, name + suffix, "add to");
  if (parent.field.type.kind === "struct") return parent;
  throw new InvalidInputError(`Cannot add to non-struct column: ${name}: ${typeText(parent.field.type)}`);
}

function drop(schema: Schema, column: string): Schema {
  const { field, parents } = found(schema, column, "delete");
  refuseMapKeys(column, [...parents, field]);
  const parent = parents.at(-1);
  if (parent !== undefined && parent.type.kind !== "struct") {
    throw new InvalidInputError(`Cannot delete ${field.name} type from ${parent.type.kind}: ${column}`);
  }
  for (const id of schema.identifierFieldIds) {
    const identifier = indexSchema(schema).byId.get(id);
    if (identifier !== undefined && [...identifier.parents, identifier.field].some((each) => each.id === field.id)) {
      throw new InvalidInputError(
        `Cannot delete identifier field ${identifier.name}. Nothing was changed; identify rows by other columns first`,
      );
    }
  }
  return editStruct(schema, parent, (fields) => fields.filter(({ id }) => id !== field.id));
}

function move(schema: Schema, column: string, to: Place): Schema {
  const { field, parents } = found(schema, column, "move");
  refuseMapKeys(column, [...parents, field]);
  const parent = parents.at(-1);
  if (parent !== undefined && parent.type.kind !== "struct") {
    throw new InvalidInputError(`Cannot move fields in non-struct type: ${parent.type.kind} of ${column}`);
  }
  const reference = to === "first" ? undefined : placeReference(schema, to, { column, parentId: parent?.id });
  return editStruct(schema, parent, (fields) => {
    const others = fields.filter(({ id }) => id !== field.id);
    const at = reference === undefined ? 0 : others.findIndex(({ id }) => id === reference.id) + reference.offset;
    return [...others.slice(0, at), field, ...others.slice(at)];
  });
}

function placeReference(
  schema: Schema,
  to: Exclude<Place, "first">,
  moved: { readonly column: string; readonly parentId: number | undefined },
): { readonly id: number; readonly offset: 0 | 1 } {
  const [name, side, offset] = "before" in to ? ([to.before, "before", 0] as const) : ([to.after, "after", 1] as const);
  if (name === moved.column) throw new InvalidInputError(`Cannot move ${name} ${side} itself`);
  const { field, parents } = found(schema, name, `move ${moved.column} ${side}`);
  if (parents.at(-1)?.id !== moved.parentId) {
    throw new InvalidInputError(`Cannot move field ${moved.column} to a different struct: ${name} is in another`);
  }
  return { id: field.id, offset };
}

function widened(
  evolution: Evolution,
  field: Field,
  change: { readonly column: string; readonly type: string },
): Field {
  const type: Type = parseType(change.type);
  if (isPrimitive(field.type) && mayPromote(field.type, type, evolution.formatVersion)) {
    const { initialDefault, writeDefault } = field; // A date's is read as the midnight that begins it.
    return {
      ...field,
      type,
      ...(initialDefault !== undefined && { initialDefault: canonicalDefault(type, initialDefault) }),
      ...(writeDefault !== undefined && { writeDefault: canonicalDefault(type, writeDefault) }),
    };
  }
  throw new InvalidInputError(
    `Cannot change column type: ${change.column}: ${typeText(field.type)} -> ${typeText(type)}. Nothing was changed; ` +
      "add a column of that type instead",
  );
}

function required(
  evolution: Evolution,
  field: Field,
  change: { readonly column: string; readonly isSure?: boolean | undefined },
): Field {
  const isNew = evolution.addedIds.has(field.id) && field.initialDefault !== undefined;
  if (field.required || isNew || change.isSure === true) return { ...field, required: true };
  throw new InvalidInputError(
    `Cannot change column nullability: ${change.column}: optional -> required. Nothing was changed; rows may hold null`,
  );
}

function refuseIdentifier(schema: Schema, column: string): void {
  const id = indexSchema(schema).byName.get(column)?.field.id;
  if (id !== undefined && schema.identifierFieldIds.includes(id)) {
    throw new InvalidInputError(`Cannot make identifier field ${column} optional. Nothing was changed`);
  }
}

function withDefault(evolution: Evolution, field: Field, value: Json | undefined): Field {
  refuseDefaultBelowV3(evolution, field.name, value);
  return { ...field, writeDefault: checkedDefault(field.name, field.type, value) };
}

function checkedDefault(name: string, type: Type, value: Json | undefined): Json | undefined {
  try {
    return value === undefined ? undefined : canonicalDefault(type, value);
  } catch (cause) {
    throw new InvalidInputError(`Invalid default for ${name}: ${describeError(cause)}. Nothing was changed`, { cause });
  }
}

function refuseDefaultBelowV3({ formatVersion }: Evolution, name: string, value: Json | undefined): void {
  if (value === undefined || formatVersion >= 3) return;
  throw new InvalidInputError(
    `Invalid default for ${name}: ${formatJson(value)} is not supported until v3. Nothing was changed; upgrade the table first`,
  );
}
