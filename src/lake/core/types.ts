import { InvalidInputError } from "../../base/index.ts";
import type { Json, JsonObject } from "./json.ts";
import { JsonReader } from "./json-object.ts";

/** @see https://iceberg.apache.org/spec/#primitive-types */
export type PrimitiveType =
  | { readonly kind: SimpleKind }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "fixed"; readonly length: number }
  /** A type of format v3 whose values are not read here (variant, unknown, geometry, …), or of a later one: kept word for word. */
  | { readonly kind: "opaque"; readonly text: string };

type SimpleKind =
  | "boolean"
  | "int"
  | "long"
  | "float"
  | "double"
  | "date"
  | "time"
  | "timestamp"
  | "timestamptz"
  | "timestamp_ns"
  | "timestamptz_ns"
  | "string"
  | "uuid"
  | "binary";

export interface StructType {
  readonly kind: "struct";
  readonly fields: readonly Field[];
}
interface ListType {
  readonly kind: "list";
  readonly elementId: number;
  readonly elementRequired: boolean;
  readonly element: Type;
}
interface MapType {
  readonly kind: "map";
  readonly keyId: number;
  readonly key: Type;
  readonly valueId: number;
  readonly valueRequired: boolean;
  readonly value: Type;
}
type NestedType = StructType | ListType | MapType;
export type Type = PrimitiveType | NestedType;

export interface Field {
  /** For ever: renames and moves keep it, no later field takes it. */
  readonly id: number;
  readonly name: string;
  readonly type: Type;
  readonly required: boolean;
  readonly doc?: string | undefined;
  /** Value of the field in rows written before it was added; in the JSON form of Appendix D. Format v3. */
  readonly initialDefault?: Json | undefined;
  readonly writeDefault?: Json | undefined;
}

const SIMPLE: ReadonlySet<string> = new Set<SimpleKind>([
  "boolean",
  "int",
  "long",
  "float",
  "double",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "timestamp_ns",
  "timestamptz_ns",
  "string",
  "uuid",
  "binary",
]);
const DECIMAL = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/;
const FIXED = /^fixed\[\s*(\d+)\s*\]$/;

export function isPrimitive(type: Type): type is PrimitiveType {
  return type.kind !== "struct" && type.kind !== "list" && type.kind !== "map";
}

const NAMED = /^(variant|unknown|geometry(\(.*\))?|geography(\(.*\))?)$/;

/** Whether the text of an opaque type is one of format v3: variant, unknown, geometry(…) and geography(…). */
export function isNamedType(text: string): boolean {
  return NAMED.test(text);
}

function isSimple(text: string): text is SimpleKind {
  return SIMPLE.has(text);
}

/**
 * A type from its text (`decimal(18,8)`, `fixed[16]`, `timestamptz`) or, nested, from its JSON form.
 *
 * @throws {InvalidInputError} when a decimal has more than 38 digits
 */
export function parseType(json: Json): Type {
  if (typeof json === "string") return parsePrimitive(json);
  const reader = new JsonReader(json, "type");
  switch (reader.text("type")) {
    case "struct":
      return { kind: "struct", fields: reader.list("fields").map(parseField) };
    case "list":
      return {
        kind: "list",
        elementId: reader.integer("element-id"),
        elementRequired: reader.flag("element-required"),
        element: parseType(reader.raw("element") ?? null),
      };
    case "map":
      return {
        kind: "map",
        keyId: reader.integer("key-id"),
        key: parseType(reader.raw("key") ?? null),
        valueId: reader.integer("value-id"),
        valueRequired: reader.flag("value-required"),
        value: parseType(reader.raw("value") ?? null),
      };
    default:
      throw new InvalidInputError(`Cannot read type ${JSON.stringify(reader.text("type"))}: not struct, list or map`);
  }
}

function parsePrimitive(text: string): PrimitiveType {
  const word = text.toLowerCase();
  if (isSimple(word)) return { kind: word };
  const decimal = DECIMAL.exec(text);
  if (decimal !== null) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
    if (precision < 1 || precision > 38 || scale > precision) {
      throw new InvalidInputError(`Cannot make ${text}: a decimal has 1 to 38 digits, and no more after the point`);
    }
    return { kind: "decimal", precision, scale };
  }
  const fixed = FIXED.exec(text);
  if (fixed !== null) return { kind: "fixed", length: Number(fixed[1]) };
  return { kind: "opaque", text };
}

export function parseField(json: Json): Field {
  const reader = new JsonReader(json, "field");
  return {
    id: reader.integer("id"),
    name: reader.text("name"),
    required: reader.flag("required"),
    type: parseType(reader.raw("type") ?? null),
    doc: reader.optionalText("doc"),
    initialDefault: reader.raw("initial-default"),
    writeDefault: reader.raw("write-default"),
  };
}

/** The type's text, as the specification spells it; nested types as struct<…>, list<…>, map<…>. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "fixed":
      return `fixed[${type.length}]`;
    case "opaque":
      return type.text;
    case "struct":
      return `struct<${type.fields.map((field) => `${field.id}: ${field.name}: ${typeText(field.type)}`).join(", ")}>`;
    case "list":
      return `list<${type.elementId}: ${typeText(type.element)}>`;
    case "map":
      return `map<${type.keyId}: ${typeText(type.key)}, ${type.valueId}: ${typeText(type.value)}>`;
    default:
      return type.kind;
  }
}

function typeJson(type: Type): Json {
  switch (type.kind) {
    case "struct":
      return { type: "struct", fields: type.fields.map(fieldJson) };
    case "list":
      return {
        type: "list",
        "element-id": type.elementId,
        element: typeJson(type.element),
        "element-required": type.elementRequired,
      };
    case "map":
      return {
        type: "map",
        "key-id": type.keyId,
        key: typeJson(type.key),
        "value-id": type.valueId,
        value: typeJson(type.value),
        "value-required": type.valueRequired,
      };
    default:
      return typeText(type);
  }
}

export function fieldJson(field: Field): JsonObject {
  return {
    id: field.id,
    name: field.name,
    required: field.required,
    type: typeJson(field.type),
    doc: field.doc,
    "initial-default": field.initialDefault,
    "write-default": field.writeDefault,
  };
}

/** Same fields with the same ids, names and types at every level: files of one are read as the other without mapping. */
export function sameType(one: Type, other: Type): boolean {
  return typeText(one) === typeText(other);
}

/** Every field id of a type, its own nested ones included. */
export function* idsOf(type: Type): Generator<number> {
  switch (type.kind) {
    case "struct":
      for (const field of type.fields) {
        yield field.id;
        yield* idsOf(field.type);
      }
      break;
    case "list":
      yield type.elementId;
      yield* idsOf(type.element);
      break;
    case "map":
      yield type.keyId;
      yield type.valueId;
      yield* idsOf(type.key);
      yield* idsOf(type.value);
      break;
    default:
  }
}
