import { decodeUnscaled, unscaledBytes, uuidBytes, uuidText } from "../core/single-value.ts";
import type { PrimitiveType } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { decimalBytes } from "./avro-schema.ts";

/** A partition value as Avro holds it. */
export function toAvro(type: PrimitiveType, value: Value | undefined): unknown {
  if (value === undefined) return null;
  switch (type.kind) {
    case "int":
    case "date":
      return Number(value);
    case "decimal":
      return Buffer.from(unscaledBytes(value as bigint, decimalBytes(type.precision)));
    case "uuid":
      return Buffer.from(uuidBytes(value as string));
    case "fixed":
    case "binary":
      return Buffer.from(value as Uint8Array);
    default:
      return value;
  }
}

/** Takes the number forms of other writers too: an int where a long is expected, a date as an int. */
export function fromAvro(type: PrimitiveType, value: unknown): Value | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Uint8Array) return fromBytes(type, value);
  if (type.kind === "float" || type.kind === "double" || type.kind === "boolean" || type.kind === "string") {
    return value as Value;
  }
  if (type.kind === "uuid") return String(value).toLowerCase();
  return BigInt(value as number | bigint);
}

function fromBytes(type: PrimitiveType, bytes: Uint8Array): Value {
  if (type.kind === "decimal") return decodeUnscaled(bytes);
  if (type.kind === "uuid") return uuidText(bytes);
  return type.kind === "string" ? Buffer.from(bytes).toString("utf8") : bytes;
}
