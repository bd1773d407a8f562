import type { Decimal } from "../domain/index.ts";
import { rational } from "./rational.ts";

/** Of nearly every split. */
const SIMPLE_MAX = 100n;
/** Of the strangest: 2,002 for 1,000 (Alphabet, 2014). */
const PART_MAX = 10_000n;

/**
 * The ratio that a decimal stands for: 4.0000 is 4 for 1, 0.1250 is 1 for 8, and 0.3333 is the simplest fraction that prints
 * as it, 1 for 3. Where no fraction of at most 100 old shares does, it is exactly what is written: 1.998 is 999 for 500.
 *
 * @returns undefined for zero, for what is below it and for what no fraction of numbers up to 10,000 is
 */
export function splitOfDecimal({
  mantissa,
  scale,
}: Decimal): { readonly to: bigint; readonly from: bigint } | undefined {
  const unit = 10n ** BigInt(scale);
  if (mantissa <= 0n) return undefined;
  for (let from = 1n; from <= SIMPLE_MAX && from <= unit; from += 1n) {
    const to = (2n * mantissa * from + unit) / (2n * unit);
    const error = to * unit - mantissa * from;
    // As printed: within half of the last digit.
    if (to > 0n && 2n * (error < 0n ? -error : error) <= from) return to <= PART_MAX ? { to, from } : undefined;
  }
  const { numerator: to, denominator: from } = rational(mantissa, unit);
  return to <= PART_MAX && from <= PART_MAX ? { to, from } : undefined;
}
