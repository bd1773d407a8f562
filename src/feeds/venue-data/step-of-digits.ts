import type { Row } from "./row.ts";

const DIGITS_MAX = 30;

/**
 * The step of numbers with so many digits after the point, where the venue names those: 2 is "0.01", -1 is "10". Undefined
 * where it names none; anything else than a whole number is wrong with the record.
 */
export function stepOfDigits(row: Row, key: string): string | undefined {
  const text = row.numberIfAny(key);
  if (text === undefined || text === "") return undefined;
  const digits = /^-?\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(digits) <= DIGITS_MAX)) {
    row.fail(`${key} is no number of digits`);
    return undefined;
  }
  return digits > 0 ? `0.${"1".padStart(digits, "0")}` : `1${"0".repeat(-digits)}`;
}
