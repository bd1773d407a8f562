import type { Json, JsonObject } from "../core/json.ts";
import type { PrimitiveType } from "../core/types.ts";

/** Avro schemas of Iceberg structs. @see https://iceberg.apache.org/spec/#avro */
export function required(id: number, name: string, type: Json, doc?: string): JsonObject {
  return { name, "field-id": id, type, doc };
}

export function optional(id: number, name: string, type: Json, doc?: string): JsonObject {
  return { name, "field-id": id, type: ["null", type], default: null, doc };
}

export function record(name: string, fields: readonly JsonObject[]): JsonObject {
  return { type: "record", name, fields };
}

/** Iceberg maps whose keys are not strings are arrays of pairs. */
export function mapOf(keyId: number, key: Json, valueId: number, value: Json): JsonObject {
  return {
    type: "array",
    logicalType: "map",
    items: record(`k${keyId}_v${valueId}`, [required(keyId, "key", key), required(valueId, "value", value)]),
  };
}

export function listOf(elementId: number, element: Json): JsonObject {
  return { type: "array", "element-id": elementId, items: element };
}

/** @param name of the fixed types, which Avro wants unique within a schema */
export function avroType(type: PrimitiveType, name: string): Json {
  switch (type.kind) {
    case "boolean":
    case "int":
    case "long":
    case "float":
    case "double":
    case "string":
      return type.kind;
    case "binary":
      return "bytes";
    case "date":
      return { type: "int", logicalType: "date" };
    case "time":
      return { type: "long", logicalType: "time-micros" };
    case "timestamp":
    case "timestamptz":
      return { type: "long", logicalType: "timestamp-micros", "adjust-to-utc": type.kind === "timestamptz" };
    case "timestamp_ns":
    case "timestamptz_ns":
      return { type: "long", logicalType: "timestamp-nanos", "adjust-to-utc": type.kind === "timestamptz_ns" };
    case "uuid":
      return { type: "fixed", name, size: 16, logicalType: "uuid" };
    case "fixed":
      return { type: "fixed", name, size: type.length };
    case "decimal":
      return {
        type: "fixed",
        name,
        size: decimalBytes(type.precision),
        logicalType: "decimal",
        precision: type.precision,
        scale: type.scale,
      };
    case "opaque":
      return "bytes";
  }
}

/** The fewest bytes whose two's complement holds every unscaled value of so many digits. */
export function decimalBytes(precision: number): number {
  let byteLength = 1;
  while (2n ** BigInt(byteLength * 8 - 1) < 10n ** BigInt(precision)) byteLength += 1;
  return byteLength;
}

/** Avro names hold letters, digits and `_`; other characters are written as `_x` and their hexadecimal code, as Java does. */
export function avroName(name: string): string {
  const escaped = name.replace(
    /[^A-Za-z0-9_]/gu,
    (sign) => `_x${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}`,
  );
  return /^[0-9]/.test(escaped) ? `_${escaped}` : escaped;
}
