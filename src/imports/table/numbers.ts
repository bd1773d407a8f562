import { type Decimal, type Int64Column, parseDecimal, rescaled, STORED_MANTISSA_LIMIT } from "../../domain/index.ts";

/** Why a number cannot be a price or a size; the reasons of quarantine begin so. */
export type NumberProblem = "malformed" | "non_positive" | "inexact" | "out_of_range";

const ZERO = 0x30;
const POINT = 0x2e;
const EXACT_DIGITS = 15;
const DOUBLE_LIMIT = 9_007_199_254_740_992;
const DECIMAL = /^-?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,4})?$/;
const TEXT_MAX = 256;
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** Where a number stands, and the scale to hold it at. */
interface NumberPlace {
  readonly start: number;
  readonly end: number;
  readonly scale: number;
}

/**
 * Reads a decimal number straight into a column: its mantissa at `scale`, exact. No string for the usual ones.
 *
 * @returns what is wrong; undefined when it is set
 */
export function readDecimal(
  column: Int64Column,
  row: number,
  bytes: Uint8Array,
  place: NumberPlace,
): NumberProblem | undefined {
  const { start, end, scale } = place;
  let value = 0;
  let at = start;
  for (; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  const hasPoint = at > start && at < end && bytes[at] === POINT;
  const fractionStart = hasPoint ? at + 1 : at;
  if (hasPoint) {
    for (at = fractionStart; at < end; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
  }
  const isPlain = at === end && at > start; // Else something stands behind the digits.
  const shift = scale - (end - fractionStart);
  const digits = end - start - (hasPoint ? 1 : 0);
  if (isPlain && digits <= EXACT_DIGITS && Math.abs(shift) <= 22) {
    const mantissa = shift >= 0 ? value * (POWERS[shift] ?? 0) : value / (POWERS[-shift] ?? 1);
    // Below 2^53 a product of whole numbers is exact, and a quotient is whole only where it is exact.
    if (mantissa > 0 && mantissa < DOUBLE_LIMIT && mantissa === Math.floor(mantissa)) {
      column.setNumber(row, mantissa);
      return undefined;
    }
  }
  return readSlowly(column, row, bytes, place);
}

function readSlowly(
  column: Int64Column,
  row: number,
  bytes: Uint8Array,
  { start, end, scale }: NumberPlace,
): NumberProblem | undefined {
  const value = decimalOf(latin1(bytes, start, end));
  if (value === undefined) return "malformed";
  if (value.mantissa <= 0n) return "non_positive";
  const mantissa = rescaled(value, scale);
  if (mantissa === undefined) return "inexact";
  if (mantissa >= STORED_MANTISSA_LIMIT) return "out_of_range";
  column.set(row, mantissa);
  return undefined;
}

/** undefined when the text is no decimal number. */
function decimalOf(text: string): Decimal | undefined {
  return text.length <= TEXT_MAX && DECIMAL.test(text) ? parseDecimal(text) : undefined;
}

/** A whole number of at most 15 digits (16 may be one too large for a double); -1 for anything else. */
export function readWhole(bytes: Uint8Array, start: number, end: number, digitsMax: number = EXACT_DIGITS): number {
  if (end <= start || end - start > digitsMax) return -1;
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** The pieces of a file lie one behind the other: one view serves many. */
let viewed = Buffer.alloc(0) as Buffer<ArrayBufferLike>;

/** Bytes as text, each a character. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (viewed.buffer !== bytes.buffer || viewed.byteOffset !== 0) viewed = Buffer.from(bytes.buffer);
  return viewed.toString("latin1", bytes.byteOffset + start, bytes.byteOffset + end);
}
