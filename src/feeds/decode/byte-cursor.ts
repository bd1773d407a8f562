import type { Int64Column, TradeBatch } from "../../domain/index.ts";
import { MICROSECONDS_END, unixSeconds } from "./civil-time.ts";
import type { Literal } from "./literal.ts";
import { setDecimal, setInt64 } from "./mantissas.ts";

const QUOTE = 0x22;
const HYPHEN = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const T = 0x54;
const Z = 0x5a;
const BACKSLASH = 0x5c;

/** Digits that a double always holds exactly. */
const EXACT_DIGITS = 15;
const POWERS: readonly number[] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1e9];

/** Where a time goes. */
export type TimeColumns = Pick<TradeBatch, "eventTimeUs" | "eventTimeNanos">;

/**
 * Walks over the bytes of one frame of a known shape, straight into columns: no objects, no strings, no BigInt.
 *
 * Each step moves on and returns true, or returns false: the frame is not of the plain kind (other keys, white space,
 * escapes, exponents, a number that needs thought), where the cursor stands then means nothing, and the slow path
 * decides what the frame is. A step is never more lenient than the slow path.
 *
 * Where it pays it takes four bytes at a time, as one 32-bit word.
 */
export class ByteCursor {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the next step begins. */
  at = 0;
  /** What `text()` went over last. */
  textStart = 0;
  textEnd = 0;
  /** How many digits stood after the point of the decimal read last. */
  fractionDigits = 0;
  protected end = 0;
  /** The frame's place in its buffer. Frames lie one behind the other in the raw log's batches: one view serves many. */
  protected offset = 0;
  #buffer: ArrayBufferLike = this.bytes.buffer;
  protected view: DataView<ArrayBufferLike> = new DataView(this.#buffer);
  #texts: Buffer<ArrayBufferLike> = Buffer.from(this.#buffer);

  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.offset = bytes.byteOffset;
    const { buffer } = bytes;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.view = new DataView(buffer);
    this.#texts = Buffer.from(buffer);
  }

  /** True when everything was read. */
  get atEnd(): boolean {
    return this.at === this.end;
  }

  /** Goes over exactly this text; where another stands, it stays and returns false, and another may be tried. */
  literal({ bytes, words, lastWord }: Literal): boolean {
    const { at } = this;
    const { length } = bytes;
    if (at + length > this.end) return false;
    if (length < 4) return this.#fewBytes(bytes);
    const view = this.view;
    const start = this.offset + at;
    for (let index = 0; index < words.length; index += 1)
      if (view.getInt32(start + 4 * index, true) !== words[index]) return false;
    if ((length & 3) !== 0 && view.getInt32(start + length - 4, true) !== lastWord) return false;
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
    let at = this.#plainWords();
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
    return this.textBetween(this.textStart, this.textEnd);
  }

  /** Plain ASCII as a string. */
  textBetween(start: number, end: number): string {
    return this.#texts.toString("latin1", this.offset + start, this.offset + end);
  }

  /** Goes over a whole number of at most 15 digits. @returns it, or -1 */
  integer(): number {
    const start = this.at;
    const value = this.digits();
    const digits = this.at - start;
    return digits === 0 || digits > EXACT_DIGITS || this.#hasLeadingZero(start, digits) ? -1 : value;
  }

  /** A non-negative whole number as JSON and canonical text write it, up to 2^63 - 1. */
  int64(column: Int64Column, row: number): boolean {
    const start = this.at;
    const value = this.integer();
    if (value < 0) return setInt64(column, row, this.bytes, start, this.at);
    column.setNumber(row, value);
    return true;
  }

  /** A decimal above zero, exact at `scale` and in range: its mantissa. */
  decimal(scale: number, column: Int64Column, row: number): boolean {
    const whole = this.integer();
    if (whole < 0) return false;
    this.fractionDigits = 0;
    if (this.bytes[this.at] !== POINT) return setDecimal(column, row, whole, 0, 0, scale);
    const fraction = this.#decimals();
    return fraction >= 0 && setDecimal(column, row, whole, fraction, this.fractionDigits, scale);
  }

  /** As `decimal`, and zero however it is written. */
  decimalOrZero(scale: number, column: Int64Column, row: number): boolean {
    const whole = this.integer();
    if (whole < 0) return false;
    this.fractionDigits = 0;
    const fraction = this.bytes[this.at] === POINT ? this.#decimals() : 0;
    if (whole === 0 && fraction === 0) {
      column.setNumber(row, 0);
      return true;
    }
    return fraction >= 0 && setDecimal(column, row, whole, fraction, this.fractionDigits, scale);
  }

  /** A Unix time in milliseconds, or in microseconds where it has 16 digits: the row's event time. */
  unixTime(trades: TimeColumns, row: number): boolean {
    const start = this.at;
    const value = this.digits();
    const digits = this.at - start;
    if (digits === 0 || digits === 15 || digits > 16 || this.#hasLeadingZero(start, digits)) return false;
    return setTime(trades, row, digits === 16 ? value : value * 1000, 0);
  }

  /** Unix seconds with up to nine decimals: the row's event time. */
  unixSeconds(trades: TimeColumns, row: number): boolean {
    const start = this.at;
    const seconds = this.integer();
    return seconds >= 0 && this.at - start <= 10 && this.#fraction(seconds, trades, row);
  }

  /** An RFC 3339 time in UTC, up to nine decimals and its Z: the row's event time. */
  rfc3339(trades: TimeColumns, row: number): boolean {
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
    return seconds >= 0 && this.#fraction(seconds, trades, row) && this.byte(Z);
  }

  /** The point and the digits after it. @returns their value, or -1; how many they are is in `fractionDigits` */
  #decimals(): number {
    this.at += 1;
    const start = this.at;
    const fraction = this.digits();
    const digits = this.at - start;
    this.fractionDigits = digits;
    return digits > 0 && digits <= EXACT_DIGITS ? fraction : -1;
  }

  /** The decimals of a second, where a point says that there are some. */
  #fraction(seconds: number, trades: TimeColumns, row: number): boolean {
    if (this.bytes[this.at] !== POINT) return setTime(trades, row, seconds * 1_000_000, 0);
    this.at += 1;
    const start = this.at;
    const value = this.digits();
    const digits = this.at - start;
    if (digits === 0 || digits > 9) return false;
    const nanos = value * (POWERS[9 - digits] ?? 0);
    const micros = Math.floor(nanos / 1000);
    return setTime(trades, row, seconds * 1_000_000 + micros, nanos - micros * 1000);
  }

  /** Goes over all digits that stand here. @returns their value, exact for at most 15 */
  digits(): number {
    const view = this.view;
    const wordsEnd = this.end - 4;
    let at = this.at;
    let value = 0;
    for (; at <= wordsEnd; at += 4) {
      // Each byte becomes its digit; a byte that is none sets its high bit, now or when 0x76 is added.
      const digits = view.getInt32(this.offset + at, true) ^ 0x30303030;
      if ((((digits + 0x76767676) | digits) & 0x80808080) !== 0) break;
      // The first digit is the lowest byte: two digits a half-word, then all four.
      const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff;
      value = value * 10_000 + ((Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff);
    }
    const { bytes } = this;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      value = value * 10 + digit;
      at += 1;
    }
    this.at = at;
    return value;
  }

  /** JSON has no such numbers; texts that have one are left to the slow path. */
  #hasLeadingZero(start: number, digits: number): boolean {
    return digits > 1 && this.bytes[start] === ZERO;
  }

  /** Goes over words of four bytes that are surely plain. @returns the first place after them */
  #plainWords(): number {
    const view = this.view;
    const wordsEnd = this.end - 4;
    let at = this.at;
    for (; at <= wordsEnd; at += 4) {
      const word = view.getInt32(this.offset + at, true);
      const quotes = word ^ 0x22222222;
      const backslashes = word ^ 0x5c5c5c5c;
      // The high bit of a byte is set where it is a quote, a backslash, below a space, or no ASCII; rarely too often.
      const special =
        ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes) | (word - 0x20202020) | word;
      if ((special & 0x80808080) !== 0) break;
    }
    return at;
  }

  #fewBytes(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = expected;
    for (let index = 0; index < length; index += 1) if (bytes[at + index] !== expected[index]) return false;
    this.at = at + length;
    return true;
  }
}

/** Two digits; NaN for anything else, which no calendar has. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function setTime(trades: TimeColumns, row: number, us: number, nanos: number): boolean {
  trades.eventTimeUs[row] = us;
  trades.eventTimeNanos[row] = nanos;
  return us < MICROSECONDS_END;
}
