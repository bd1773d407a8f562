import { encodeValue } from "../core/single-value.ts";
import { truncateText } from "../core/transform.ts";
import type { PrimitiveType } from "../core/types.ts";
import type { Value } from "../core/value.ts";

/**
 * Not above `value`. A zero may stand for −0 as well, and −0 is the lower of the two.
 *
 * @param lengthMax characters of a string and bytes of a binary that the bound keeps
 */
export function lowerBound(type: PrimitiveType, value: Value, lengthMax: number): Uint8Array {
  if (typeof value === "string" && type.kind === "string") return encodeValue(type, truncateText(value, lengthMax));
  if (value instanceof Uint8Array) return value.slice(0, lengthMax);
  return encodeValue(type, value === 0 ? -0 : value);
}

/** Not below `value`; undefined where nothing so short is. */
export function upperBound(type: PrimitiveType, value: Value, lengthMax: number): Uint8Array | undefined {
  if (typeof value === "string" && type.kind === "string") {
    const text = upperText(value, lengthMax);
    return text === undefined ? undefined : encodeValue(type, text);
  }
  if (value instanceof Uint8Array) return upperBytes(value, lengthMax);
  return encodeValue(type, value === 0 ? 0 : value);
}

function upperText(text: string, lengthMax: number): string | undefined {
  const cut = truncateText(text, lengthMax);
  if (cut === text) return text;
  const points = Array.from(cut, (sign) => sign.codePointAt(0) ?? 0);
  for (let last = points.length - 1; last >= 0; last -= 1) {
    const next = nextCodePoint(points[last] ?? 0);
    if (next !== undefined) return String.fromCodePoint(...points.slice(0, last), next);
  }
  return undefined;
}

/** Surrogates are no characters: U+E000 follows U+D7FF. */
function nextCodePoint(point: number): number | undefined {
  if (point === 0xd7ff) return 0xe000;
  return point >= 0x10ffff ? undefined : point + 1;
}

function upperBytes(bytes: Uint8Array, lengthMax: number): Uint8Array | undefined {
  if (bytes.byteLength <= lengthMax) return bytes;
  const cut = bytes.slice(0, lengthMax);
  const last = cut.findLastIndex((byte) => byte !== 0xff);
  if (last < 0) return undefined;
  const upper = cut.slice(0, last + 1);
  upper[last] = (upper[last] ?? 0) + 1;
  return upper;
}
