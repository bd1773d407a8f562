import { type Decimal, rescaled } from "./decimal.ts";

/**
 * How prices and sizes are held: int64 mantissas at scale 8, in a unit of the listing's own.
 *
 * stored price = natural price × 10^unitExponent, stored size = natural size ÷ 10^unitExponent,
 * so price × size is the natural notional whatever the unit. Nearly every listing has exponent 0;
 * a coin quoted at 1e-13 and traded by 1e13 has 6.
 */
export const STORED_SCALE = 8;

/** What decimal(18,8) holds: mantissas below this in magnitude. */
export const STORED_MANTISSA_LIMIT: bigint = 10n ** 18n;

/** Exponents that a listing may have, tried in this order. */
export const UNIT_EXPONENTS: readonly number[] = [0, 3, 6, 9, 12];

/** The mantissa to store for a natural price, or undefined when the column cannot hold it exactly. */
export function storedPrice(price: Decimal, unitExponent: number): bigint | undefined {
  return inRange(rescaled(price, STORED_SCALE + unitExponent));
}

/** The mantissa to store for a natural size, or undefined when the column cannot hold it exactly. */
export function storedSize(size: Decimal, unitExponent: number): bigint | undefined {
  return inRange(rescaled(size, STORED_SCALE - unitExponent));
}

/** The natural price behind a stored mantissa. */
export function naturalPrice(mantissa: bigint, unitExponent: number): Decimal {
  return { mantissa, scale: STORED_SCALE + unitExponent };
}

/** The natural size behind a stored mantissa. */
export function naturalSize(mantissa: bigint, unitExponent: number): Decimal {
  const scale = STORED_SCALE - unitExponent;
  return scale >= 0 ? { mantissa, scale } : { mantissa: mantissa * 10n ** BigInt(-scale), scale: 0 };
}

/**
 * The smallest unit exponent at which both numbers are held exactly; undefined when there is none.
 * Decimals that the venue prints count even where they are zeros: a price of 0.50 says that the next may be 0.51.
 */
export function chooseUnitExponent(price: Decimal, size: Decimal): number | undefined {
  const holds = (exponent: number): boolean =>
    storedPrice(price, exponent) !== undefined && storedSize(size, exponent) !== undefined;
  const holdsAsPrinted = (exponent: number): boolean =>
    price.scale <= STORED_SCALE + exponent && size.scale <= Math.max(0, STORED_SCALE - exponent) && holds(exponent);
  return UNIT_EXPONENTS.find(holdsAsPrinted) ?? UNIT_EXPONENTS.find(holds);
}

function inRange(mantissa: bigint | undefined): bigint | undefined {
  if (mantissa === undefined) return undefined;
  return mantissa < STORED_MANTISSA_LIMIT && mantissa > -STORED_MANTISSA_LIMIT ? mantissa : undefined;
}
