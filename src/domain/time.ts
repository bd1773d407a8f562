/** A moment as K2 carries it: whole microseconds since the Unix epoch, and 0 to 999 nanoseconds beyond. */
export interface Instant {
  readonly us: number;
  readonly nanos: number;
}

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?)?$/;
const DIGITS = /^\d{10,19}$/;
/** Unix times by their number of digits, as far as they cannot be confused: seconds until 2286. */
const UNIX_DIGITS: Readonly<Record<number, number>> = { 10: 0, 13: 3, 16: 6, 19: 9 };

/**
 * Reads ISO 8601 (a date, or a time with up to nine fractional digits; UTC when no zone is named)
 * or a Unix time in seconds (10 digits), milliseconds (13), microseconds (16) or nanoseconds (19).
 *
 * @returns undefined when the text is neither; never a rounded time
 */
export function parseInstant(text: string): Instant | undefined {
  if (DIGITS.test(text)) {
    const fraction = UNIX_DIGITS[text.length];
    return fraction === undefined ? undefined : fromParts(Number(text.slice(0, 10)), text.slice(10));
  }
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, date, time = "00:00", fraction = "", zone = "Z"] = match;
  const milliseconds = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}${zone}`);
  if (Number.isNaN(milliseconds) || !isCalendarDate(date ?? "")) return undefined;
  return fromParts(milliseconds / 1000, fraction);
}

/** Date.parse() takes 30 February for 2 March. */
function isCalendarDate(date: string): boolean {
  return new Date(Date.parse(`${date}T00:00:00Z`)).toISOString().startsWith(date);
}

function fromParts(seconds: number, fraction: string): Instant {
  const digits = fraction.padEnd(9, "0");
  return { us: seconds * 1_000_000 + Number(digits.slice(0, 6)), nanos: Number(digits.slice(6)) };
}

/** ISO 8601 in UTC with six fractional digits, or nine where there are nanoseconds. */
export function formatInstant(us: number, nanos = 0): string {
  const milliseconds = Math.floor(us / 1000);
  const text = new Date(milliseconds).toISOString().slice(0, -1) + String(us - milliseconds * 1000).padStart(3, "0");
  return nanos === 0 ? `${text}Z` : `${text}${String(nanos).padStart(3, "0")}Z`;
}
