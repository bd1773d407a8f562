/** JSON as data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type PrimitiveName = "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string";
export const PRIMITIVE_NAMES: readonly PrimitiveName[] = [
  "null",
  "boolean",
  "int",
  "long",
  "float",
  "double",
  "bytes",
  "string",
];

/** Properties that Avro itself does not name, such as logicalType, precision and scale. */
export type Attributes = Readonly<Record<string, Json>>;

interface Named {
  /** With its namespace: "k2.market.Trade". */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
  readonly attributes: Attributes;
}

export interface PrimitiveSchema {
  readonly kind: PrimitiveName;
  readonly attributes: Attributes;
}
export interface RecordSchema extends Named {
  readonly kind: "record";
  /** Filled after the record itself is known, because a record may hold itself. */
  readonly fields: readonly RecordField[];
}
export interface EnumSchema extends Named {
  readonly kind: "enum";
  readonly symbols: readonly string[];
  readonly default: string | undefined;
}
export interface FixedSchema extends Named {
  readonly kind: "fixed";
  readonly size: number;
}
export interface ArraySchema {
  readonly kind: "array";
  readonly items: SchemaModel;
  readonly attributes: Attributes;
}
export interface MapSchema {
  readonly kind: "map";
  readonly values: SchemaModel;
  readonly attributes: Attributes;
}
export interface UnionSchema {
  readonly kind: "union";
  readonly branches: readonly SchemaModel[];
}

/** An Avro schema, checked, with its names resolved: a graph, since a record may hold itself. */
export type SchemaModel =
  | PrimitiveSchema
  | RecordSchema
  | EnumSchema
  | FixedSchema
  | ArraySchema
  | MapSchema
  | UnionSchema;

export interface RecordField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
  readonly type: SchemaModel;
  /** Undefined when the field has no default; JSON null is a default. */
  readonly default: Json | undefined;
  readonly order: "ascending" | "descending" | "ignore";
  readonly attributes: Attributes;
}

export function isNamed(schema: SchemaModel): schema is RecordSchema | EnumSchema | FixedSchema {
  return schema.kind === "record" || schema.kind === "enum" || schema.kind === "fixed";
}

export function isPrimitiveName(name: string): name is PrimitiveName {
  return (PRIMITIVE_NAMES as readonly string[]).includes(name);
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
