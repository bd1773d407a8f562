/** Floor division: towards minus infinity, unlike `/` on bigints. */
export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

export interface CivilDate {
  readonly year: bigint;
  /** 1 to 12. */
  readonly month: bigint;
  readonly day: bigint;
}

/** Proleptic Gregorian date of a day number; year 0 is 1 BC. After Howard Hinnant, "chrono-compatible low-level date algorithms". */
export function civilFromDays(days: bigint): CivilDate {
  const shifted = days + 719_468n;
  const era = floorDivide(shifted, 146_097n);
  const dayOfEra = shifted - era * 146_097n;
  const yearOfEra = (dayOfEra - dayOfEra / 1460n + dayOfEra / 36_524n - dayOfEra / 146_096n) / 365n;
  const dayOfYear = dayOfEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const monthFromMarch = (5n * dayOfYear + 2n) / 153n;
  const month = monthFromMarch < 10n ? monthFromMarch + 3n : monthFromMarch - 9n;
  const year = yearOfEra + era * 400n + (month <= 2n ? 1n : 0n);
  return { year, month, day: dayOfYear - (153n * monthFromMarch + 2n) / 5n + 1n };
}

/** Days since 1970-01-01 of a proleptic Gregorian date. */
export function daysFromCivil({ year, month, day }: CivilDate): bigint {
  const marchYear = month <= 2n ? year - 1n : year;
  const era = floorDivide(marchYear, 400n);
  const yearOfEra = marchYear - era * 400n;
  const monthFromMarch = month > 2n ? month - 3n : month + 9n;
  const dayOfYear = (153n * monthFromMarch + 2n) / 5n + day - 1n;
  const dayOfEra = yearOfEra * 365n + yearOfEra / 4n - yearOfEra / 100n + dayOfYear;
  return era * 146_097n + dayOfEra - 719_468n;
}
