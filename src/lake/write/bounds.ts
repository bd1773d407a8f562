import { encodeValue } from "../core/single-value.ts";
import { truncateText } from "../core/transform.ts";
import type { PrimitiveType } from "../core/types.ts";
import type { Value } from "../core/value.ts";

/** Strings and bytes longer than this are cut in bounds, as other writers do: `write.metadata.metrics.default = truncate(16)`. */
const BOUND_LENGTH_MAX = 16;

/** Not above `value`. A zero may stand for −0 as well, and −0 is the lower of the two. */
export function lowerBound(type: PrimitiveType, value: Value): Uint8Array {
  if (typeof value === "string" && type.kind === "string")
    return encodeValue(type, truncateText(value, BOUND_LENGTH_MAX));
  if (value instanceof Uint8Array) return value.slice(0, BOUND_LENGTH_MAX);
  return encodeValue(type, value === 0 ? -0 : value);
}

/** Not below `value`; undefined where nothing so short is. */
export function upperBound(type: PrimitiveType, value: Value): Uint8Array | undefined {
  if (typeof value === "string" && type.kind === "string") {
    const text = upperText(value);
    return text === undefined ? undefined : encodeValue(type, text);
  }
  if (value instanceof Uint8Array) return upperBytes(value);
  return encodeValue(type, value === 0 ? 0 : value);
}

function upperText(text: string): string | undefined {
  const cut = truncateText(text, BOUND_LENGTH_MAX);
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

function upperBytes(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.byteLength <= BOUND_LENGTH_MAX) return bytes;
  const cut = bytes.slice(0, BOUND_LENGTH_MAX);
  const last = cut.findLastIndex((byte) => byte !== 0xff);
  if (last < 0) return undefined;
  const upper = cut.slice(0, last + 1);
  upper[last] = (upper[last] ?? 0) + 1;
  return upper;
}
