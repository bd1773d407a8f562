/** Microseconds since the Unix epoch from which on a double is no longer exact (in the year 2255): later is no time. */
export const MICROSECONDS_END = 9_007_199_254_740_992;

const MONTH_DAYS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Whole seconds since the Unix epoch of a UTC date and time of the years 1970 to 9999; -1 where the calendar has none.
 * Stricter than Date.parse, which takes 30 February for 2 March. Leap seconds have no Unix time and are refused.
 */
export function unixSeconds(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60)) return -1;
  const days = unixDays(year, month, day);
  return days < 0 ? -1 : days * 86_400 + hour * 3600 + minute * 60 + second;
}

function unixDays(year: number, month: number, day: number): number {
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1)) return -1;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (day > (MONTH_DAYS[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0)) return -1;
  // Years begin in March, so that the leap day is the last (after Howard Hinnant, "chrono-compatible date algorithms").
  const shifted = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return shifted * 365 + leapDays + dayOfYear - 719_468;
}
