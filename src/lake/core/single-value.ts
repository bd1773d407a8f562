import { LakeCorruptError, LakeUnsupportedError } from "../errors.ts";
import { type PrimitiveType, typeText } from "./types.ts";
import type { Value } from "./value.ts";

/**
 * Binary single-value serialisation, as bounds are kept in manifests.
 *
 * @see https://iceberg.apache.org/spec/#appendix-d-single-value-serialization
 */
export function encodeValue(type: PrimitiveType, value: Value): Uint8Array {
  switch (type.kind) {
    case "boolean":
      return Uint8Array.of(value ? 1 : 0);
    case "int":
    case "date":
      return fill(4, (view) => view.setInt32(0, Number(value), true));
    case "long":
    case "time":
    case "timestamp":
    case "timestamptz":
    case "timestamp_ns":
    case "timestamptz_ns":
      return fill(8, (view) => view.setBigInt64(0, value as bigint, true));
    case "float":
      return fill(4, (view) => view.setFloat32(0, value as number, true));
    case "double":
      return fill(8, (view) => view.setFloat64(0, value as number, true));
    case "decimal":
      return encodeUnscaled(value as bigint);
    case "string":
      return Buffer.from(value as string, "utf8");
    case "uuid":
      return uuidBytes(value as string);
    case "fixed":
    case "binary":
      return value as Uint8Array;
    case "opaque":
      throw new LakeUnsupportedError(`Cannot write a value of type ${type.text}: this library does not know it`);
  }
}

/** Reads bounds written before a promotion too: 4 bytes for a column that was an int, a float or a date then. */
export function decodeValue(type: PrimitiveType, bytes: Uint8Array): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type.kind) {
    case "boolean":
      return bytes[0] !== 0;
    case "int":
    case "date":
    case "long":
    case "time":
    case "timestamp":
    case "timestamptz":
    case "timestamp_ns":
    case "timestamptz_ns":
      return decodeInteger(type, view);
    case "float":
    case "double":
      if (bytes.byteLength === 4) return view.getFloat32(0, true);
      if (bytes.byteLength === 8) return view.getFloat64(0, true);
      throw wrongLength(type, bytes);
    case "decimal":
      return decodeUnscaled(bytes);
    case "string":
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
    case "uuid":
      if (bytes.byteLength !== 16) throw wrongLength(type, bytes);
      return uuidText(bytes);
    case "fixed":
    case "binary":
      return bytes;
    case "opaque":
      throw new LakeUnsupportedError(`Cannot read a value of type ${type.text}: this library does not know it`);
  }
}

function decodeInteger(type: PrimitiveType, view: DataView): bigint {
  if (view.byteLength === 8) return view.getBigInt64(0, true);
  if (view.byteLength === 4) return BigInt(view.getInt32(0, true)) * (UNITS_A_DAY.get(type.kind) ?? 1n);
  throw wrongLength(type, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

/** A date may become one of these; its bounds are days for ever. */
const UNITS_A_DAY: ReadonlyMap<PrimitiveType["kind"], bigint> = new Map([
  ["timestamp", 86_400_000_000n],
  ["timestamp_ns", 86_400_000_000_000n],
]);

function wrongLength(type: PrimitiveType, bytes: Uint8Array): LakeCorruptError {
  return new LakeCorruptError(`Cannot read a ${typeText(type)} from ${bytes.byteLength} bytes`);
}

function fill(byteLength: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  write(new DataView(bytes.buffer));
  return bytes;
}

/** Two's complement, big end first, in as few bytes as hold the value. */
export function encodeUnscaled(value: bigint): Uint8Array {
  let byteLength = 1;
  while (value < -(1n << BigInt(byteLength * 8 - 1)) || value >= 1n << BigInt(byteLength * 8 - 1)) byteLength += 1;
  return unscaledBytes(value, byteLength);
}

export function unscaledBytes(value: bigint, byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  let rest = BigInt.asUintN(byteLength * 8, value);
  for (let index = byteLength - 1; index >= 0; index -= 1) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export function decodeUnscaled(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.byteLength * 8, value);
}

export function uuidBytes(text: string): Uint8Array {
  return Buffer.from(text.replaceAll("-", ""), "hex");
}

export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
