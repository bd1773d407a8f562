/** `mantissa` × 10^-scale with all its digits: (6180030, 2) prints "61800.30". For whole numbers from 0 to 2^53. */
export function fixed(mantissa: number, scale: number): string {
  const digits = String(mantissa);
  if (scale === 0) return digits;
  if (digits.length > scale) return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return `0.${digits.padStart(scale, "0")}`;
}

/** The same without zeros at the end of the fraction: (6180030, 2) prints "61800.3". */
export function shortest(mantissa: number, scale: number): string {
  let value = mantissa;
  let digits = scale;
  while (digits > 0 && value % 10 === 0) {
    value /= 10;
    digits -= 1;
  }
  return fixed(value, digits);
}
