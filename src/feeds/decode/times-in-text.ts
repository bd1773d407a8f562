import type { Instant } from "../../domain/index.ts";
import { MICROSECONDS_END, unixSeconds } from "./civil-time.ts";

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;
const DECIMAL_SECONDS = /^(\d{1,10})(?:\.(\d{1,9}))?$/;

/** A Unix time in whole milliseconds (up to 14 digits, the year 5138) or microseconds (16 digits). */
export function unixTime(text: string): Instant | undefined {
  if (!/^(?:\d{1,14}|\d{16})$/.test(text)) return undefined;
  return instant(text.length === 16 ? Number(text) : Number(text) * 1000, 0);
}

/** Unix seconds with up to nine decimals. */
export function decimalSeconds(text: string): Instant | undefined {
  const match = DECIMAL_SECONDS.exec(text);
  return match === null ? undefined : withFraction(Number(match[1]), match[2]);
}

/** RFC 3339 with up to nine decimals, from 1970 on; never a rounded time. */
export function rfc3339Time(text: string): Instant | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone = "Z"] = match;
  const seconds = unixSeconds(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second));
  const offset = offsetSeconds(zone);
  return seconds < 0 || offset === undefined ? undefined : withFraction(seconds - offset, fraction);
}

function offsetSeconds(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function withFraction(seconds: number, fraction = ""): Instant | undefined {
  const digits = fraction.padEnd(9, "0");
  return instant(seconds * 1_000_000 + Number(digits.slice(0, 6)), Number(digits.slice(6)));
}

function instant(us: number, nanos: number): Instant | undefined {
  return us < MICROSECONDS_END ? { us, nanos } : undefined;
}
