import {
  compareDecimals,
  type Decimal,
  formatShortest,
  naturalPrice,
  naturalSize,
  parseDecimal,
} from "../domain/index.ts";

/*
 * Stored values (decimal text at scale 8, in the listing's unit) as natural ones: the shortest exact text.
 * Nearly every unit is 1, where only the zeros at the end go.
 */

export function naturalPriceText(stored: string, unit: string): string {
  return unit === "1"
    ? shortest(stored)
    : formatShortest(naturalPrice(parseDecimal(stored).mantissa, exponentOf(unit)));
}

export function naturalSizeText(stored: string, unit: string): string {
  return unit === "1" ? shortest(stored) : formatShortest(naturalSize(parseDecimal(stored).mantissa, exponentOf(unit)));
}

/** Without zeros at the end of its fraction. */
export function shortest(text: string): string {
  if (!text.includes(".")) return text;
  let end = text.length;
  while (text[end - 1] === "0") end -= 1;
  return text.slice(0, text[end - 1] === "." ? end - 1 : end);
}

const VWAP_DIGITS = 12;

/** quoteVolume ÷ volume, rounded half up to 12 significant digits; null when the volume is 0. */
export function vwapText(quoteVolume: string, volume: string): string | null {
  const quote = parseDecimal(quoteVolume);
  const base = parseDecimal(volume);
  return base.mantissa === 0n ? null : formatShortest(quotient(quote, base, VWAP_DIGITS));
}

/** a ÷ b to so many significant digits, half up (away from zero). */
export function quotient(a: Decimal, b: Decimal, digits: number): Decimal {
  const isNegative = a.mantissa < 0n !== b.mantissa < 0n;
  const [numerator, denominator] = [absolute(a), absolute(b)];
  if (numerator.mantissa === 0n) return { mantissa: 0n, scale: 0 };
  let scale = digits - wholeDigits(numerator, denominator);
  let mantissa = divided(numerator, denominator, scale);
  if (mantissa >= 10n ** BigInt(digits)) {
    scale -= 1; // Rounding up has made one digit more.
    mantissa = divided(numerator, denominator, scale);
  }
  const signed = isNegative ? -mantissa : mantissa;
  return scale >= 0 ? { mantissa: signed, scale } : { mantissa: signed * 10n ** BigInt(-scale), scale: 0 };
}

/** Digits before the point of a ÷ b; negative for the zeros right after it. */
function wholeDigits(a: Decimal, b: Decimal): number {
  let digits = a.mantissa.toString().length - a.scale - (b.mantissa.toString().length - b.scale);
  if (compareDecimals(a, times10(b, digits)) >= 0) digits += 1;
  return digits;
}

function times10({ mantissa, scale }: Decimal, power: number): Decimal {
  const shifted = scale - power;
  return shifted >= 0 ? { mantissa, scale: shifted } : { mantissa: mantissa * 10n ** BigInt(-shifted), scale: 0 };
}

/** a ÷ b × 10^scale, half up. */
function divided(a: Decimal, b: Decimal, scale: number): bigint {
  const power = scale + b.scale - a.scale;
  const numerator = power >= 0 ? a.mantissa * 10n ** BigInt(power) : a.mantissa;
  const denominator = power >= 0 ? b.mantissa : b.mantissa * 10n ** BigInt(-power);
  return (2n * numerator + denominator) / (2n * denominator);
}

function absolute({ mantissa, scale }: Decimal): Decimal {
  return { mantissa: mantissa < 0n ? -mantissa : mantissa, scale };
}

function exponentOf(unit: string): number {
  return unit.length - 1;
}
