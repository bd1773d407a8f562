import type { PrimitiveType } from "./types.ts";

/**
 * One value of a primitive type, in one form each:
 * - int, long: bigint
 * - date: bigint, days since 1970-01-01; time: bigint, microseconds since midnight
 * - timestamp(tz): bigint, microseconds since the epoch; timestamp(tz)_ns: bigint, nanoseconds
 * - decimal: bigint, the unscaled value
 * - float, double: number; boolean: boolean; string: string; uuid: its lower-case text
 * - fixed, binary: Uint8Array
 */
export type Value = boolean | number | bigint | string | Uint8Array;

/** Orders two values of `type`: floats by total order (−0 below +0, NaN last), strings and bytes by unsigned bytes. */
export function compareValues(type: PrimitiveType, one: Value, other: Value): number {
  if (typeof one === "string" && typeof other === "string") {
    return type.kind === "uuid" ? order(one, other) : compareText(one, other);
  }
  if (typeof one === "number" && typeof other === "number") return compareFloats(one, other);
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other);
  return order(one as bigint, other as bigint);
}

function order<T extends bigint | string | boolean>(one: T, other: T): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function compareFloats(one: number, other: number): number {
  if (one < other) return -1;
  if (one > other) return 1;
  if (one === other) return one === 0 ? zeroSign(one) - zeroSign(other) : 0;
  return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
}

function zeroSign(zero: number): number {
  return Object.is(zero, -0) ? 0 : 1;
}

/** Order of the UTF-8 bytes, which is the order of code points; JavaScript's own is that of UTF-16 units. */
function compareText(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [one.charCodeAt(index), other.charCodeAt(index)];
    if (left !== right) return isSurrogate(left) === isSurrogate(right) ? left - right : isSurrogate(left) ? 1 : -1;
  }
  return one.length - other.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
