import { createHash } from "node:crypto";
import {
  type Attributes,
  type EnumSchema,
  type FixedSchema,
  isNamed,
  type Json,
  type RecordField,
  type RecordSchema,
  type SchemaModel,
} from "./avro-model.ts";

/**
 * One text for each schema, whatever its spelling: as Avro's Java library prints it, with properties of no meaning to
 * Avro in alphabetical order. Documentation, defaults, aliases and logical types are part of it (unlike Avro's
 * Parsing Canonical Form, which would take two schemas with different defaults for one).
 */
export function canonicalSchema(schema: SchemaModel): string {
  return JSON.stringify(print(schema, "", new Set()));
}

/** SHA-256 of the canonical text, in hexadecimal: the schema's identity in the registry. */
export function schemaFingerprint(canonicalText: string): string {
  return createHash("sha256").update(canonicalText).digest("hex");
}

function print(schema: SchemaModel, namespace: string, defined: Set<string>): Json {
  if (schema.kind === "union") return schema.branches.map((branch) => print(branch, namespace, defined));
  if (schema.kind === "array") {
    return { type: "array", items: print(schema.items, namespace, defined), ...sorted(schema.attributes) };
  }
  if (schema.kind === "map") {
    return { type: "map", values: print(schema.values, namespace, defined), ...sorted(schema.attributes) };
  }
  if (!isNamed(schema)) {
    const attributes = sorted(schema.attributes);
    return Object.keys(attributes).length === 0 ? schema.kind : { type: schema.kind, ...attributes };
  }
  return printNamed(schema, namespace, defined);
}

/** In full where the type is first met, by name from then on. */
function printNamed(schema: RecordSchema | EnumSchema | FixedSchema, namespace: string, defined: Set<string>): Json {
  const [ownNamespace, shortName] = split(schema.name);
  if (defined.has(schema.name)) return ownNamespace === namespace ? shortName : schema.name;
  defined.add(schema.name);
  return {
    type: schema.kind,
    name: shortName,
    ...(ownNamespace === namespace ? {} : { namespace: ownNamespace }),
    ...(schema.doc === undefined ? {} : { doc: schema.doc }),
    ...printBody(schema, ownNamespace, defined),
    ...sorted(schema.attributes),
    ...(schema.aliases.length === 0 ? {} : { aliases: schema.aliases.map((alias) => shortAlias(alias, ownNamespace)) }),
  };
}

function printBody(
  schema: RecordSchema | EnumSchema | FixedSchema,
  namespace: string,
  defined: Set<string>,
): Attributes {
  switch (schema.kind) {
    case "record":
      return { fields: schema.fields.map((field) => printField(field, namespace, defined)) };
    case "enum":
      return { symbols: schema.symbols, ...(schema.default === undefined ? {} : { default: schema.default }) };
    case "fixed":
      return { size: schema.size };
  }
}

function printField(field: RecordField, namespace: string, defined: Set<string>): Json {
  return {
    name: field.name,
    type: print(field.type, namespace, defined),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.order === "ascending" ? {} : { order: field.order }),
    ...(field.aliases.length === 0 ? {} : { aliases: field.aliases }),
    ...sorted(field.attributes),
  };
}

function sorted(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function split(fullName: string): readonly [namespace: string, name: string] {
  const dot = fullName.lastIndexOf(".");
  return dot < 0 ? ["", fullName] : [fullName.slice(0, dot), fullName.slice(dot + 1)];
}

function shortAlias(alias: string, namespace: string): string {
  const [aliasNamespace, name] = split(alias);
  return aliasNamespace === namespace ? name : alias;
}
