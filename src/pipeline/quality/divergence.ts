/** A listing's last price of a minute. */
export interface LastPrice {
  readonly venue: string;
  readonly unitExponent: number;
  /** Stored mantissa. */
  readonly price: bigint;
}

/** The largest unit exponent: prices are compared at it. */
const COMMON_EXPONENT = 12;
const MILLION = 1_000_000n;
const PPM_MAX = 2n ** 53n - 1n;

/**
 * How far a price is off the middle one of those at other venues, in millionths of that.
 *
 * @returns undefined where no other venue has a price
 */
export function divergencePpm(own: LastPrice, others: readonly LastPrice[]): number | undefined {
  const prices = others.filter(({ venue }) => venue !== own.venue).map(natural);
  if (prices.length === 0) return undefined;
  const sorted = prices.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const half = sorted.length >>> 1;
  const upper = sorted[half] ?? 1n;
  const middle = sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2n;
  const ppm = ((natural(own) - middle) * MILLION) / middle;
  return Number(ppm > PPM_MAX ? PPM_MAX : ppm);
}

function natural({ price, unitExponent }: LastPrice): bigint {
  return price * 10n ** BigInt(COMMON_EXPONENT - unitExponent);
}
