import { InvalidInputError } from "../base/index.ts";

/** An exact decimal number: `mantissa × 10^-scale`. Never a float. */
export interface Decimal {
  readonly mantissa: bigint;
  /** Digits after the decimal point, 0 or more. */
  readonly scale: number;
}

const DECIMAL_GRAMMAR = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Reads a decimal or JSON number literal without rounding. Keeps the scale as written ("1.50" has scale 2).
 *
 * @throws {InvalidInputError} when the text is not a decimal number
 */
export function parseDecimal(text: string): Decimal {
  const match = DECIMAL_GRAMMAR.exec(text);
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null || whole.length + fraction.length === 0) {
    throw new InvalidInputError(
      `Not a decimal number: ${JSON.stringify(text)}. Write digits, at most one point, and an optional exponent`,
    );
  }
  const digits = BigInt(whole + fraction);
  const scale = fraction.length - Number(match[4] ?? 0);
  const mantissa = match[1] === "-" ? -digits : digits;
  return scale >= 0 ? { mantissa, scale } : { mantissa: mantissa * 10n ** BigInt(-scale), scale: 0 };
}

/** The number as plain digits at its own scale: `{150n, 2}` prints "1.50". */
export function formatDecimal({ mantissa, scale }: Decimal): string {
  const sign = mantissa < 0n ? "-" : "";
  const digits = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(scale + 1, "0");
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The same number without zeros at the end of its fraction: one text for each value. */
export function formatShortest(decimal: Decimal): string {
  const text = formatDecimal(decimal);
  if (decimal.scale <= 0) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO) end -= 1;
  return text.slice(0, text.charCodeAt(end - 1) === POINT ? end - 1 : end);
}

const ZERO = 48;
const POINT = 46;

/**
 * The mantissa of the same number at another scale (which may be negative: 10^6 at scale -6 is 1).
 *
 * @returns undefined when the number has digits that the scale cannot hold; never a rounded value
 */
export function rescaled({ mantissa, scale }: Decimal, toScale: number): bigint | undefined {
  if (toScale >= scale) return mantissa * 10n ** BigInt(toScale - scale);
  const divisor = 10n ** BigInt(scale - toScale);
  return mantissa % divisor === 0n ? mantissa / divisor : undefined;
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const left = a.mantissa * 10n ** BigInt(scale - a.scale);
  const right = b.mantissa * 10n ** BigInt(scale - b.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}
