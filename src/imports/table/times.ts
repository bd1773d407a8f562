import { parseInstant } from "../../domain/index.ts";
import type { TimeUnit } from "../format.ts";
import { latin1, readWhole } from "./numbers.ts";

/** A moment that was read; reused from row to row. */
export interface MutableInstant {
  us: number;
  nanos: number;
}

const POINT = 0x2e;
const DAY_US = 86_400_000_000;
/** Microseconds from which on a double is no longer exact: later is no time. */
const END_US = 9_007_199_254_740_991;
/** Decimal places of each unit down to the nanosecond. */
const PLACES: Readonly<Record<"s" | "ms" | "us" | "ns", number>> = { s: 9, ms: 6, us: 3, ns: 0 };
const DECIMALS_MAX = 9;
const MICROSECOND_DIGITS = 16;

/** Reads a Unix time or an ISO 8601 one. @returns false when it is none, or has more than nanoseconds */
export function readTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  unit: Exclude<TimeUnit, "ms-of-day">,
  into: MutableInstant,
): boolean {
  if (unit === "iso") return readIso(bytes, start, end, into);
  const exact = unit === "ms-or-us" ? unitOfDigits(end - start) : unit;
  if (exact === undefined) return false;
  return readUnix(bytes, start, end, PLACES[exact], into);
}

function unitOfDigits(digits: number): "ms" | "us" | undefined {
  if (digits === 16) return "us";
  return digits >= 11 && digits <= 13 ? "ms" : undefined;
}

function readUnix(bytes: Uint8Array, start: number, end: number, places: number, into: MutableInstant): boolean {
  if (places === 0) return readNanoseconds(bytes, start, end, into);
  const wholeEnd = pointAt(bytes, start, end);
  const whole = readWhole(bytes, start, wholeEnd, MICROSECOND_DIGITS);
  const unit = places === 3 ? 1 : 10 ** (places - 3);
  if (whole < 0 || whole * unit > END_US) return false;
  if (wholeEnd === end) {
    into.us = whole * unit;
    into.nanos = 0;
    return true;
  }
  const fraction = readFraction(bytes, wholeEnd + 1, end, places);
  if (fraction < 0) return false;
  const micros = Math.floor(fraction / 1000);
  into.us = whole * unit + micros;
  into.nanos = fraction - micros * 1000;
  return true;
}

/** The first point; `end` where there is none. */
function pointAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== POINT) at += 1;
  return at;
}

/** The digits after the point as nanoseconds, of a unit that has `places` of them; -1 where they are not or are finer. */
function readFraction(bytes: Uint8Array, start: number, end: number, places: number): number {
  let last = end;
  while (last > start + places && bytes[last - 1] === 0x30) last -= 1; // Zeros beyond the nanosecond say nothing.
  const digits = last - start;
  if (digits < 1 || digits > Math.min(places, DECIMALS_MAX)) return -1;
  const value = readWhole(bytes, start, last);
  return value < 0 ? -1 : value * 10 ** (places - digits);
}

function readNanoseconds(bytes: Uint8Array, start: number, end: number, into: MutableInstant): boolean {
  const us = readWhole(bytes, start, end - 3, MICROSECOND_DIGITS);
  const nanos = readWhole(bytes, Math.max(start, end - 3), end);
  if (us < 0 || nanos < 0 || us > END_US) return false;
  into.us = us;
  into.nanos = nanos;
  return true;
}

function readIso(bytes: Uint8Array, start: number, end: number, into: MutableInstant): boolean {
  if (end - start < 10 || end - start > 40) return false;
  const instant = parseInstant(latin1(bytes, start, end));
  // Digits alone are a Unix time, not ISO 8601.
  if (instant === undefined || bytes[start + 4] !== 0x2d) return false;
  into.us = instant.us;
  into.nanos = instant.nanos;
  return true;
}

const CLOCK = /^(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?$/;

/** Nanoseconds of a time of day such as 10:13:34.553; -1 when it is none. */
export function clockNanos(text: string): number {
  const [, hour, minute, second, fraction = ""] = CLOCK.exec(text) ?? [];
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  if (!(h < 24 && m < 60 && s < 60)) return -1;
  return ((h * 60 + m) * 60 + s) * 1e9 + Number(fraction.padEnd(9, "0"));
}

/** Microseconds since the Unix epoch at which a calendar day would begin in UTC; undefined when there is no such day. */
export function dayStartUs(text: string): number | undefined {
  const match =
    /^(?<y>\d{4})-?(?<m>\d{2})-?(?<d>\d{2})$/.exec(text) ?? /^(?<m>\d{2})\/(?<d>\d{2})\/(?<y>\d{4})$/.exec(text);
  const { y = "", m = "", d = "" } = match?.groups ?? {};
  const time = Date.parse(`${y}-${m}-${d}T00:00:00Z`);
  if (match === null || Number.isNaN(time) || new Date(time).getUTCDate() !== Number(d)) return undefined;
  return time * 1000;
}

/** Local times of one zone to UTC. Of the two readings that a clock set back gives, the earlier; a skipped hour moves on. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;
  /** Offsets at the begin and at the end of the days seen last. */
  readonly #days: Map<number, readonly [start: number, end: number]> = new Map();

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      timeZoneName: "longOffset",
      hour: "numeric",
    });
  }

  /** @param localUs the local time, as if it were UTC */
  toUtcUs(localUs: number): number {
    const day = Math.floor(localUs / DAY_US) * DAY_US;
    let offsets = this.#days.get(day);
    if (offsets === undefined) {
      offsets = [this.#offsetUs(day - DAY_US / 2), this.#offsetUs(day + DAY_US + DAY_US / 2)];
      if (this.#days.size > 64) this.#days.clear();
      this.#days.set(day, offsets);
    }
    const [before, after] = offsets;
    if (before === after) return localUs - before;
    const early = localUs - Math.max(before, after);
    return localUs - this.#offsetUs(early) === early ? early : localUs - Math.min(before, after);
  }

  /** How far local time is ahead of UTC at a moment. */
  #offsetUs(atUs: number): number {
    const name = this.#format.formatToParts(atUs / 1000).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours = "0", minutes = "0"] = /([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
    return (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000_000 : 60_000_000);
  }
}
