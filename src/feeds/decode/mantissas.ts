import type { Int64Column } from "../../domain/index.ts";
import { ZERO } from "./characters.ts";

const POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const DOUBLE_LIMIT = 9_007_199_254_740_992;
const HALF = 4_294_967_296;

/**
 * Sets whole.fraction as a mantissa at `scale`.
 *
 * @param whole below 10^15
 * @param fraction below 10^15, of `digits` digits
 * @returns false when it is zero, has digits beyond the scale, or is too large to be sure of: then nothing is said
 * about it, and the value set means nothing
 */
export function setDecimal(
  column: Int64Column,
  row: number,
  whole: number,
  fraction: number,
  digits: number,
  scale: number,
): boolean {
  let held = fraction;
  if (digits > scale) {
    if (scale < 0) return false;
    // Zeros beyond the scale change nothing. The quotient of numbers below 10^15 is whole only when it is exact.
    held = fraction / (POWERS[digits - scale] ?? 0);
    if (held !== Math.floor(held)) return false;
  } else if (digits < scale) {
    held = fraction * (POWERS[scale - digits] ?? Number.NaN);
  }
  const value = whole * (POWERS[scale] ?? Number.NaN) + held;
  if (value < DOUBLE_LIMIT) {
    // Below 2^53 the product and the sum of whole numbers are exact, or they would not be below it.
    column.setNumber(row, value);
    return value > 0;
  }
  // Up to 10^18 by halves, at the scale that nearly every listing has.
  return scale === 8 && whole < 10_000_000_000 && setSum(column, row, whole, 100_000_000, held);
}

/** Sets the number that up to 19 digits spell, to 2^63 - 1. @returns false for anything else and for a leading zero */
export function setInt64(column: Int64Column, row: number, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < 10 || length > 19 || bytes[start] === ZERO) return false;
  const middle = end - 9;
  return setSum(column, row, digitsValue(bytes, start, middle), 1_000_000_000, digitsValue(bytes, middle, end));
}

function digitsValue(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + (bytes[at] ?? 0) - ZERO;
  return value;
}

/** Sets a × b + c for a < 10^10 and b, c <= 10^9, by halves; false from 2^63 on. */
function setSum(column: Int64Column, row: number, a: number, b: number, c: number): boolean {
  const aHigh = Math.floor(a / 65_536);
  const middle = aHigh * b;
  const middleHigh = Math.floor(middle / 65_536);
  const rest = (middle - middleHigh * 65_536) * 65_536 + (a - aHigh * 65_536) * b + c;
  const carry = Math.floor(rest / HALF);
  const high = middleHigh + carry;
  if (high >= HALF / 2) return false;
  column.setHalves(row, high, rest - carry * HALF);
  return true;
}
