import { InvalidInputError } from "../../base/index.ts";
import { civilFromDays, daysFromCivil, floorDivide } from "./calendar.ts";
import { type PrimitiveType, typeText } from "./types.ts";
import type { Value } from "./value.ts";

const DATE = /^(-?\d{1,7})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/;
const OFFSET = /(Z|[+-]\d\d(?::?\d\d)?(?::?\d\d)?)$/;
const INTEGER = /^[-+]?\d+$/;
const DECIMAL = /^([-+]?)(\d*)(?:\.(\d*))?$/;

/**
 * Reads a value from text: ISO 8601 dates and times (also with a space, and DuckDB's "(BC)"), plain decimals, hexadecimal bytes.
 *
 * @throws {InvalidInputError} where the text is not a finite value that `type` holds exactly
 */
export function parseValue(type: PrimitiveType, text: string): Value {
  const value = read(type, text);
  if (value !== undefined) return value;
  throw new InvalidInputError(`Cannot read ${JSON.stringify(text)} as ${typeText(type)} exactly`);
}

function read(type: PrimitiveType, text: string): Value | undefined {
  switch (type.kind) {
    case "boolean":
      return BOOLEANS.get(text);
    case "int":
      return inRange(readInteger(text), 31n);
    case "long":
      return inRange(readInteger(text), 63n);
    case "float":
      return readFloat(text);
    case "double":
      return readDouble(text);
    case "decimal":
      return readDecimal(text, type.precision, type.scale);
    case "date":
      return readDate(text);
    case "time":
      return readTime(text, 6);
    case "timestamp":
      return readTimestamp(text, 6, false);
    case "timestamptz":
      return readTimestamp(text, 6, true);
    case "timestamp_ns":
      return readTimestamp(text, 9, false);
    case "timestamptz_ns":
      return readTimestamp(text, 9, true);
    case "string":
      return text;
    case "uuid":
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined;
    case "fixed":
    case "binary":
      return /^([0-9a-f]{2})*$/i.test(text) ? new Uint8Array(Buffer.from(text, "hex")) : undefined;
    case "opaque":
      return undefined;
  }
}

function readInteger(text: string): bigint | undefined {
  return INTEGER.test(text) ? BigInt(text) : undefined;
}

function inRange(value: bigint | undefined, bits: bigint): bigint | undefined {
  return value === undefined || value < -(1n << bits) || value >= 1n << bits ? undefined : value;
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

function readFloat(text: string): number | undefined {
  const value = readDouble(text);
  return value === undefined || Object.is(Math.fround(value), value) ? value : undefined;
}

function readDouble(text: string): number | undefined {
  if (text.trim() === "") return undefined;
  const word = { nan: Number.NaN, inf: Infinity, infinity: Infinity, "-inf": -Infinity, "-infinity": -Infinity }[
    text.toLowerCase()
  ];
  if (word !== undefined) return word;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

function readDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  if (/[^0]/.test(fraction.slice(scale))) return undefined;
  const digits = BigInt(whole + fraction.slice(0, scale).padEnd(scale, "0"));
  if (digits >= 10n ** BigInt(precision)) return undefined;
  return sign === "-" ? -digits : digits;
}

function readDate(text: string): bigint | undefined {
  const beforeChrist = text.endsWith(" (BC)");
  const match = DATE.exec(beforeChrist ? text.slice(0, -5) : text);
  if (match === null) return undefined;
  const [, yearText = "", monthText = "", dayText = ""] = match;
  const year = beforeChrist ? 1n - BigInt(yearText) : BigInt(yearText);
  const civil = { year, month: BigInt(monthText), day: BigInt(dayText) };
  const days = daysFromCivil(civil);
  const back = civilFromDays(days); // A day that the month does not have comes back as another.
  return back.month === civil.month && back.day === civil.day ? days : undefined;
}

function readTime(text: string, digits: number): bigint | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, hour = "", minute = "", second = "0", fraction = ""] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (/[^0]/.test(fraction.slice(digits))) return undefined;
  const seconds = BigInt(hour) * 3600n + BigInt(minute) * 60n + BigInt(second);
  return seconds * 10n ** BigInt(digits) + BigInt(fraction.slice(0, digits).padEnd(digits, "0"));
}

function readTimestamp(text: string, digits: number, zoned: boolean): bigint | undefined {
  const era = text.includes("(BC)") ? " (BC)" : "";
  const plain = text.replace(/ ?\(BC\)/, "").trim();
  const split = plain.search(/[T ]/);
  const [date, clock] = split < 0 ? [plain, "00:00:00Z"] : [plain.slice(0, split), plain.slice(split + 1)];
  const offset = OFFSET.exec(clock)?.[1];
  if (!zoned && offset !== undefined && split >= 0) return undefined; // A wall time has no zone.
  if (zoned && offset === undefined) return undefined;
  const days = readDate(date + era);
  const time = readTime(offset === undefined ? clock : clock.slice(0, -offset.length), digits);
  if (days === undefined || time === undefined) return undefined;
  const unit = 10n ** BigInt(digits);
  return days * 86_400n * unit + time - offsetSeconds(offset) * unit;
}

function offsetSeconds(offset: string | undefined): bigint {
  if (offset === undefined || offset === "Z") return 0n;
  const digits = offset.slice(1).replaceAll(":", "").padEnd(6, "0");
  const seconds = BigInt(digits.slice(0, 2)) * 3600n + BigInt(digits.slice(2, 4)) * 60n + BigInt(digits.slice(4, 6));
  return offset.startsWith("-") ? -seconds : seconds;
}

/** ISO 8601 and plain decimals, exact; `parseValue` reads it back. Times in UTC. */
export function formatValue(type: PrimitiveType, value: Value): string {
  switch (type.kind) {
    case "decimal":
      return formatDecimal(value as bigint, type.scale);
    case "date":
      return formatDate(value as bigint);
    case "time":
      return formatTime(value as bigint, 6);
    case "timestamp":
      return formatTimestamp(value as bigint, 6);
    case "timestamptz":
      return `${formatTimestamp(value as bigint, 6)}+00:00`;
    case "timestamp_ns":
      return formatTimestamp(value as bigint, 9);
    case "timestamptz_ns":
      return `${formatTimestamp(value as bigint, 9)}+00:00`;
    case "fixed":
    case "binary":
      return Buffer.from(value as Uint8Array).toString("hex");
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function formatDecimal(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const sign = unscaled < 0n ? "-" : "";
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function formatDate(days: bigint): string {
  const { year, month, day } = civilFromDays(days);
  const sign = year < 0n ? "-" : "";
  const yearText = (year < 0n ? -year : year).toString().padStart(4, "0");
  return `${sign}${yearText}-${twoDigits(month)}-${twoDigits(day)}`;
}

function formatTime(value: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const seconds = value / unit;
  const fraction = value % unit;
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map(twoDigits).join(":");
  return fraction === 0n ? clock : `${clock}.${fraction.toString().padStart(digits, "0")}`;
}

function formatTimestamp(value: bigint, digits: number): string {
  const dayLength = 86_400n * 10n ** BigInt(digits);
  const days = floorDivide(value, dayLength);
  return `${formatDate(days)}T${formatTime(value - days * dayLength, digits)}`;
}

function twoDigits(value: bigint): string {
  return value.toString().padStart(2, "0");
}
