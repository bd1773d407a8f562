import { InternalError } from "../base/index.ts";
import type { Decimal } from "../domain/index.ts";

/** An exact fraction in lowest terms; the denominator is above zero. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const ONE: Rational = { numerator: 1n, denominator: 1n };

/** @throws {InternalError} when the denominator is zero */
export function rational(numerator: bigint, denominator: bigint): Rational {
  if (denominator === 0n) throw new InternalError(`The fraction ${numerator}/0 is no number`);
  const divisor = greatestCommonDivisor(numerator, denominator);
  const sign = denominator < 0n ? -1n : 1n;
  return { numerator: (sign * numerator) / divisor, denominator: (sign * denominator) / divisor };
}

export function rationalOfDecimal({ mantissa, scale }: Decimal): Rational {
  return rational(mantissa, 10n ** BigInt(scale));
}

export function product(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator);
}

export function quotient(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator, a.denominator * b.numerator);
}

export function difference(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator);
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareRationals(a: Rational, b: Rational): number {
  const [left, right] = [a.numerator * b.denominator, b.numerator * a.denominator];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The nearest decimal with so many digits after the point; halves go away from zero. */
export function roundedDecimal({ numerator, denominator }: Rational, scale: number): Decimal {
  const magnitude = (numerator < 0n ? -numerator : numerator) * 10n ** BigInt(scale);
  const mantissa = (2n * magnitude + denominator) / (2n * denominator);
  return { mantissa: numerator < 0n ? -mantissa : mantissa, scale };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger === 0n ? 1n : larger;
}
