import type { Int64Column, TradeBatch } from "../../domain/index.ts";
import { asciiText, BACKSLASH, POINT, QUOTE, ZERO } from "./characters.ts";
import { MICROSECONDS_END, unixSeconds } from "./civil-time.ts";
import { setDecimal, setInt64 } from "./mantissas.ts";

const EXACT_DIGITS = 15;
const POWERS: readonly number[] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1e9];
const HYPHEN = 0x2d;
const COLON = 0x3a;
const T = 0x54;

/**
 * Walks over the bytes of one frame of a known shape, straight into columns: no objects, no strings, no BigInt.
 *
 * Each step moves on and returns true, or returns false: the frame is not of the plain kind (other keys, white space,
 * escapes, exponents, a number that needs thought), where the cursor stands then means nothing, and the slow path
 * decides what the frame is. A step is never more lenient than the slow path.
 */
export class ByteCursor {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the next step begins. */
  at = 0;
  /** What `text()` went over last. */
  textStart = 0;
  textEnd = 0;

  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
  }

  /** True when everything was read. */
  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** Goes over exactly these bytes; where others stand, it stays and returns false, and another may be tried. */
  literal(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = expected;
    for (let index = 0; index < length; index += 1) if (bytes[at + index] !== expected[index]) return false;
    this.at = at + length;
    return true;
  }

  /** Goes over one byte, as `literal` does. */
  byte(expected: number): boolean {
    if (this.bytes[this.at] !== expected) return false;
    this.at += 1;
    return true;
  }

  /** Goes over the inside of a string of plain ASCII, up to its closing quote. */
  text(): boolean {
    const { bytes } = this;
    let at = this.at;
    for (let byte = bytes[at] ?? 0; byte !== QUOTE; byte = bytes[at] ?? 0) {
      if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return false;
      at += 1;
    }
    this.textStart = this.at;
    this.textEnd = at;
    this.at = at;
    return true;
  }

  /** What `text()` went over, as a string. */
  takeText(): string {
    return asciiText(this.bytes, this.textStart, this.textEnd);
  }

  /** Goes over a whole number of at most 15 digits. @returns it, or -1 */
  integer(): number {
    const { bytes, at: start } = this;
    let at = start;
    let value = 0;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      value = value * 10 + digit;
      at += 1;
    }
    this.at = at;
    const digits = at - start;
    return digits === 0 || digits > EXACT_DIGITS || (digits > 1 && bytes[start] === ZERO) ? -1 : value;
  }

  /** A non-negative whole number as JSON and canonical text write it, up to 2^63 - 1. */
  int64(column: Int64Column, row: number): boolean {
    const start = this.at;
    const value = this.integer();
    if (value >= 0) {
      column.setNumber(row, value);
      return true;
    }
    return setInt64(column, row, this.bytes, start, this.at);
  }

  /** A decimal above zero, exact at `scale` and in range: its mantissa. */
  decimal(scale: number, column: Int64Column, row: number): boolean {
    const { bytes, at: start } = this;
    let at = start;
    let whole = 0;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      whole = whole * 10 + digit;
      at += 1;
    }
    const wholeDigits = at - start;
    if (wholeDigits === 0 || wholeDigits > EXACT_DIGITS || (wholeDigits > 1 && bytes[start] === ZERO)) return false;
    if (bytes[at] !== POINT) {
      this.at = at;
      return setDecimal(column, row, whole, 0, 0, scale);
    }
    at += 1;
    const fractionStart = at;
    let fraction = 0;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      fraction = fraction * 10 + digit;
      at += 1;
    }
    this.at = at;
    const digits = at - fractionStart;
    return digits > 0 && digits <= EXACT_DIGITS && setDecimal(column, row, whole, fraction, digits, scale);
  }

  /** A Unix time in milliseconds, or in microseconds where it has 16 digits: the row's event time. */
  unixTime(trades: TradeBatch, row: number): boolean {
    const { bytes, at: start } = this;
    let at = start;
    let value = 0;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      value = value * 10 + digit;
      at += 1;
    }
    this.at = at;
    const digits = at - start;
    if (digits === 0 || digits > 16 || digits === 15 || (digits > 1 && bytes[start] === ZERO)) return false;
    return setTime(trades, row, digits === 16 ? value : value * 1000, 0);
  }

  /** Unix seconds with up to nine decimals: the row's event time. */
  unixSeconds(trades: TradeBatch, row: number): boolean {
    const start = this.at;
    const seconds = this.integer();
    return seconds >= 0 && this.at - start <= 10 && this.#fraction(seconds, trades, row);
  }

  /** An RFC 3339 time in UTC, up to nine decimals and its Z: the row's event time. */
  rfc3339(trades: TradeBatch, row: number): boolean {
    const { bytes, at } = this;
    const punctuated =
      bytes[at + 4] === HYPHEN &&
      bytes[at + 7] === HYPHEN &&
      bytes[at + 10] === T &&
      bytes[at + 13] === COLON &&
      bytes[at + 16] === COLON;
    if (!punctuated) return false;
    const seconds = unixSeconds(
      pair(bytes, at) * 100 + pair(bytes, at + 2),
      pair(bytes, at + 5),
      pair(bytes, at + 8),
      pair(bytes, at + 11),
      pair(bytes, at + 14),
      pair(bytes, at + 17),
    );
    this.at = at + 19;
    return seconds >= 0 && this.#fraction(seconds, trades, row) && this.byte(0x5a);
  }

  /** The decimals of a second, where a point says that there are some. */
  #fraction(seconds: number, trades: TradeBatch, row: number): boolean {
    if (this.bytes[this.at] !== POINT) return setTime(trades, row, seconds * 1_000_000, 0);
    const { bytes, at: point } = this;
    let at = point + 1;
    let value = 0;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      value = value * 10 + digit;
      at += 1;
    }
    this.at = at;
    const digits = at - point - 1;
    if (digits === 0 || digits > 9) return false;
    const nanos = value * (POWERS[9 - digits] ?? 0);
    const micros = Math.floor(nanos / 1000);
    return setTime(trades, row, seconds * 1_000_000 + micros, nanos - micros * 1000);
  }
}

/** Two digits; NaN for anything else, which no calendar has. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function setTime(trades: TradeBatch, row: number, us: number, nanos: number): boolean {
  trades.eventTimeUs[row] = us;
  trades.eventTimeNanos[row] = nanos;
  return us < MICROSECONDS_END;
}
