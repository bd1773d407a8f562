import { type Decimal, parseDecimal, STORED_SCALE } from "../domain/index.ts";
import {
  compareRationals,
  difference,
  ONE,
  product,
  type Rational,
  rational,
  rationalOfDecimal,
  roundedDecimal,
} from "./rational.ts";

/*
 * Yahoo keeps prices as 32-bit floats and prints them as doubles: 182.64 comes as 182.63999938964844. The decimal that was
 * stored is not lost: it is the shortest one that no other 32-bit float is nearer to, as every printing of floats by
 * "shortest digits that read back the same" finds it.
 *
 * The rule, for a number as it is written:
 * 1. It is exactly a 32-bit float: the decimal with the fewest digits after the point that rounds to that float, of
 *    several the nearest. (182.63999938964844 is 182.64, 21.368667602539062 is 21.368668, 243 is 243.)
 * 2. It has at most six digits after the point, and a 32-bit float prints as it with as many: likewise.
 *    (The old download printed 157.460007 for 157.46.)
 * 3. It has at most eight digits after the point: what is written. (A dividend of 0.205.)
 * 4. Anything else is noise of which nothing exact can be said: undefined, and the record goes to quarantine.
 */
const PRINTED_DIGITS_MAX = 6;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;

/** A decimal number of a size that prices and volumes may have. */
export function isNumberText(text: string): boolean {
  return NUMBER.test(text);
}

/** The decimal behind a vendor's number by the rule above; undefined where there is none, or no number. */
export function decimalOfVendorNumber(text: string): Decimal | undefined {
  if (!isNumberText(text)) return undefined;
  const written = parseDecimal(text);
  const value = Number(text);
  if (Math.fround(value) === value) return shortestDecimal(value, ONE);
  const float = Math.fround(value);
  if (written.scale <= PRINTED_DIGITS_MAX && Math.abs(value) < 1e21 && float.toFixed(written.scale) === fixed(text)) {
    const decimal = shortestDecimal(float, ONE);
    if (decimal !== undefined && decimal.scale <= written.scale) return decimal;
  }
  return written.scale <= STORED_SCALE ? written : undefined;
}

function fixed(text: string): string {
  return text.startsWith("+") ? text.slice(1) : text;
}

/** What lies between the day of a price and the day when it was published. */
export interface SplitsBetween {
  /** New shares for an old one, all splits together. */
  readonly ratio: Rational;
  /** How many splits. */
  readonly count: number;
}

/**
 * The price in shares of its own day, from one that was published in later shares: `published × ratio`.
 *
 * The vendor kept the price as a float, divided it by each split in turn and kept each result as a float. So of all decimals
 * that may have become the published float that way, it is the one with the fewest digits. (TSLA's 21.368667602539062,
 * after 5 for 1 and 3 for 1, can only have been 320.53.) A float of another size may be twice as coarse, so each rounding
 * but the last counts twice; prices in cents are told apart up to 10,000 a share even after three splits. Where the number
 * is no float, the exact product, rounded to eight digits after the point if it has more.
 */
export function priceBeforeSplits(published: Decimal, { ratio, count }: SplitsBetween): Decimal {
  if (compareRationals(ratio, ONE) === 0) return published;
  const float = Math.fround(Number(published.mantissa) / 10 ** published.scale);
  const shortest = shortestDecimal(float, ONE);
  const isFloat =
    shortest !== undefined && compareRationals(rationalOfDecimal(shortest), rationalOfDecimal(published)) === 0;
  const exact = product(rationalOfDecimal(published), ratio);
  return (isFloat ? shortestDecimal(float, ratio, 1 + 2 * count) : undefined) ?? roundedDecimal(exact, STORED_SCALE);
}

/** Digits that tell any two 32-bit floats of the size of a price apart, and more. */
const SCALE_MAX = 60;

/**
 * The decimal with the fewest digits after the point that is `ratio` times a number nearer to `float` than so many halves
 * of the way to the 32-bit floats next to it; of several, the nearest.
 */
function shortestDecimal(float: number, ratio: Rational, halves = 1): Decimal | undefined {
  if (!Number.isFinite(float)) return undefined;
  if (float === 0) return { mantissa: 0n, scale: 0 };
  if (ratio === ONE && halves === 1) {
    const quick = shortestInDoubles(float);
    if (quick !== undefined) return quick;
  }
  const target = product(exactly(float), ratio);
  const [below, above] = neighbours(float);
  const low = product(towards(exactly(float), exactly(below), halves), ratio);
  const high = product(towards(exactly(float), exactly(above), halves), ratio);
  for (let scale = 0; scale <= SCALE_MAX; scale += 1) {
    const candidate = roundedDecimal(target, scale);
    const value = rationalOfDecimal(candidate);
    if (compareRationals(low, value) < 0 && compareRationals(value, high) < 0) return candidate;
  }
  return undefined;
}

const QUICK_SCALE_MAX = 9;

/**
 * The same for a float by itself, in doubles: distances between a float and what is near it are exact in them.
 *
 * @returns undefined where a double cannot tell on which side of the middle between two floats a decimal lies
 */
function shortestInDoubles(float: number): Decimal | undefined {
  if (Math.abs(float) >= 2 ** 50) return undefined;
  const [below, above] = neighbours(float);
  for (let scale = 0; scale <= QUICK_SCALE_MAX; scale += 1) {
    const text = float.toFixed(scale);
    const value = Number(text);
    const way = Math.abs(value - float);
    const half = Math.abs((value < float ? below : above) - float) / 2;
    if (way === half) return undefined;
    if (way < half) return parseDecimal(text);
  }
  return undefined;
}

/** From one number towards another, so many times half of the way. */
function towards(from: Rational, to: Rational, halves: number): Rational {
  const way = difference(to, from);
  return rational(
    2n * from.numerator * way.denominator + BigInt(halves) * way.numerator * from.denominator,
    2n * from.denominator * way.denominator,
  );
}

const bits = new DataView(new ArrayBuffer(8));

/** The 32-bit floats next to one that is not zero, the lower first. */
function neighbours(float: number): readonly [number, number] {
  bits.setFloat32(0, Math.abs(float));
  const pattern = bits.getUint32(0);
  const [nearer, farther] = [float32(pattern - 1), float32(pattern + 1)];
  return float > 0 ? [nearer, farther] : [-farther, -nearer];
}

function float32(pattern: number): number {
  bits.setUint32(0, pattern);
  const value = bits.getFloat32(0);
  return Number.isFinite(value) ? value : 2 ** 128; // Beyond the largest there would be this one.
}

/** A double as the fraction that it is. */
function exactly(value: number): Rational {
  bits.setFloat64(0, value);
  const pattern = bits.getBigUint64(0);
  const exponent = Number((pattern >> 52n) & 0x7ffn);
  const fraction = pattern & 0xf_ffff_ffff_ffffn;
  const mantissa = (exponent === 0 ? fraction : fraction | (1n << 52n)) * (value < 0 ? -1n : 1n);
  const power = Math.max(exponent, 1) - 1075;
  return power >= 0 ? rational(mantissa << BigInt(power), 1n) : rational(mantissa, 1n << BigInt(-power));
}
