import { InvalidInputError } from "../../base/index.ts";
import { formatJson, type Json } from "./json.ts";
import { isPrimitive, type PrimitiveType, type Type, typeText } from "./types.ts";
import type { Value } from "./value.ts";
import { formatValue, parseValue } from "./value-text.ts";

/**
 * JSON single-value serialisation, as defaults are kept in schemas.
 *
 * @throws {InvalidInputError} when the value is not of the type
 * @see https://iceberg.apache.org/spec/#json-single-value-serialization
 */
export function valueFromJson(type: PrimitiveType, json: Json): Value {
  switch (type.kind) {
    case "boolean":
      if (typeof json === "boolean") return json;
      break;
    case "int":
    case "long":
      if (typeof json === "bigint" || Number.isInteger(json)) return parseValue(type, String(json));
      break;
    case "float":
      if (typeof json === "number" || typeof json === "bigint") return Math.fround(Number(json));
      break;
    case "double":
      if (typeof json === "number" || typeof json === "bigint") return Number(json);
      break;
    default:
      if (typeof json === "string") return checkedLength(type, parseValue(type, json));
  }
  throw new InvalidInputError(`Cannot read ${formatJson(json)} as ${typeText(type)}`);
}

function checkedLength(type: PrimitiveType, value: Value): Value {
  if (type.kind !== "fixed" || (value as Uint8Array).byteLength === type.length) return value;
  throw new InvalidInputError(
    `Cannot read ${(value as Uint8Array).byteLength} bytes as ${typeText(type)}: it holds exactly ${type.length}`,
  );
}

/** @throws {InvalidInputError} for NaN and the infinities, which JSON cannot hold */
export function valueJson(type: PrimitiveType, value: Value): Json {
  switch (type.kind) {
    case "boolean":
      return value as boolean;
    case "int":
    case "long":
      return BigInt(value as bigint);
    case "float":
    case "double":
      if (Number.isFinite(value)) return value as number;
      throw new InvalidInputError(`Cannot write ${String(value)} as JSON: use a finite default`);
    default:
      return formatValue(type, value);
  }
}

/**
 * A default in the one form that every implementation reads: a decimal with all the digits of its scale, a time with its
 * zone. Defaults of types whose values are not read here stay as they are.
 *
 * @throws {InvalidInputError} when the value is not of the type
 */
export function canonicalDefault(type: Type, json: Json): Json {
  return isPrimitive(type) && type.kind !== "opaque" ? valueJson(type, valueFromJson(type, json)) : json;
}
