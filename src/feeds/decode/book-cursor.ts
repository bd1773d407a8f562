import { type BookLevels, type Int64Column, STORED_SCALE } from "../../domain/index.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { CLOSE_ARRAY, COMMA, QUOTE, ZERO } from "./characters.ts";
import type { Literal } from "./literal.ts";

const OPEN_ARRAY = 0x5b;
const POINT = 0x2e;
/** Digits that a double always holds exactly. */
const EXACT_DIGITS = 15;
const EXACT_END = 9_007_199_254_740_992;
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** A cursor that fills the columns of price levels; see ByteCursor for what its answers mean. */
export class BookCursor extends ByteCursor {
  /** The most digits after the point of the prices and of the sizes read since `begin`; -1 before the first. */
  #priceDecimals = -1;
  #sizeDecimals = -1;
  /** Where the first with so many stand. */
  #priceStart = 0;
  #priceEnd = 0;
  #sizeStart = 0;
  #sizeEnd = 0;
  #priceScale = STORED_SCALE;
  #sizeScale = STORED_SCALE;

  override begin(bytes: Uint8Array): void {
    super.begin(bytes);
    this.#priceDecimals = -1;
    this.#sizeDecimals = -1;
  }

  /** The most digits after the point of the prices read since `begin`. */
  get priceDecimals(): number {
    return Math.max(0, this.#priceDecimals);
  }

  get sizeDecimals(): number {
    return Math.max(0, this.#sizeDecimals);
  }

  /** The first of the prices with the most digits after the point; some level was read. */
  get finestPrice(): string {
    return this.textBetween(this.#priceStart, this.#priceEnd);
  }

  get finestSize(): string {
    return this.textBetween(this.#sizeStart, this.#sizeEnd);
  }

  /** Says in which unit the levels that follow are stored. */
  useUnit(unitExponent: number): void {
    this.#priceScale = STORED_SCALE + unitExponent;
    this.#sizeScale = STORED_SCALE - unitExponent;
  }

  /** A price, what stands between, and a size: one more level. */
  level(levels: BookLevels, side: number, between: Literal): boolean {
    const row = levels.nextRow();
    if (!this.#price(levels.price, row) || !this.literal(between) || !this.#size(levels.size, row)) return false;
    levels.side[row] = side;
    levels.length = row + 1;
    return true;
  }

  /** `[["price","size"], …]`, also empty. */
  pairs(levels: BookLevels, side: number): boolean {
    if (!this.byte(OPEN_ARRAY)) return false;
    if (this.byte(CLOSE_ARRAY)) return true;
    const { bytes } = this;
    do {
      const { at } = this;
      if (bytes[at] !== OPEN_ARRAY || bytes[at + 1] !== QUOTE) return false;
      this.at = at + 2;
      if (!this.#pair(levels, side)) return false;
    } while (this.byte(COMMA));
    return this.byte(CLOSE_ARRAY);
  }

  /** `price","size"]` */
  #pair(levels: BookLevels, side: number): boolean {
    const { bytes } = this;
    const row = levels.nextRow();
    if (!this.#price(levels.price, row)) return false;
    const between = this.at;
    if (bytes[between] !== QUOTE || bytes[between + 1] !== COMMA || bytes[between + 2] !== QUOTE) return false;
    this.at = between + 3;
    if (!this.#size(levels.size, row)) return false;
    const end = this.at;
    if (bytes[end] !== QUOTE || bytes[end + 1] !== CLOSE_ARRAY) return false;
    this.at = end + 2;
    levels.side[row] = side;
    levels.length = row + 1;
    return true;
  }

  #price(column: Int64Column, row: number): boolean {
    const start = this.at;
    const mantissa = this.#exact(this.#priceScale);
    if (mantissa > 0) column.setNumber(row, mantissa);
    else {
      this.at = start;
      if (!this.decimal(this.#priceScale, column, row)) return false;
    }
    if (this.fractionDigits > this.#priceDecimals) {
      this.#priceDecimals = this.fractionDigits;
      this.#priceStart = start;
      this.#priceEnd = this.at;
    }
    return true;
  }

  #size(column: Int64Column, row: number): boolean {
    const start = this.at;
    const mantissa = this.#exact(this.#sizeScale);
    if (mantissa >= 0) column.setNumber(row, mantissa);
    else if (!this.decimalOrZero(this.#sizeScale, column, row)) return false;
    if (this.fractionDigits > this.#sizeDecimals) {
      this.#sizeDecimals = this.fractionDigits;
      this.#sizeStart = start;
      this.#sizeEnd = this.at;
    }
    return true;
  }

  /**
   * Goes over a decimal of at most 15 digits, none beyond the scale: nearly every price and size.
   *
   * @returns its mantissa; or -1 for any other, which is then still to be read
   */
  #exact(scale: number): number {
    const { bytes, at: start } = this;
    let at = start;
    let value = 0;
    let digit = (bytes[at] ?? 0) - ZERO;
    for (; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      value = value * 10 + digit;
      at += 1;
    }
    const whole = at - start;
    if (whole === 0 || (whole > 1 && bytes[start] === ZERO)) return -1;
    if (bytes[at] !== POINT) return this.#scaled(value, 0, at, scale);
    const from = at + 1;
    const eight = scale === 8 ? this.#eightDigits(from) : -1;
    if (eight >= 0) {
      // What Binance and Kraken write, in the unit of nearly every listing.
      const mantissa = value * 100_000_000 + eight;
      if (!(mantissa < EXACT_END)) return -1;
      this.at = from + 8;
      this.fractionDigits = 8;
      return mantissa;
    }
    const decimals = this.#decimalsFrom(from);
    const end = this.at;
    this.at = start;
    const fraction = end - from;
    if (fraction === 0 || whole + fraction > EXACT_DIGITS || fraction > scale) return -1;
    return this.#scaled(value * (POWERS[fraction] ?? 0) + decimals, fraction, end, scale);
  }

  /** The digits read, at the scale, where that is exact; the cursor goes on to `at`. */
  #scaled(value: number, fraction: number, at: number, scale: number): number {
    const mantissa = value * (POWERS[scale - fraction] ?? Number.NaN);
    // Below 2^53 the product is exact, or it would not be below it.
    if (!(mantissa < EXACT_END)) return -1;
    this.at = at;
    this.fractionDigits = fraction;
    return mantissa;
  }

  /** Goes over the digits from a place on. @returns their value, exact for at most 15 */
  #decimalsFrom(from: number): number {
    this.at = from;
    const { bytes } = this;
    if (isDigit(bytes[from + 3])) return this.digits(); // Four and more go by words.
    let value = 0;
    let at = from;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      value = value * 10 + digit;
      at += 1;
    }
    this.at = at;
    return value;
  }

  /** The value of exactly eight digits; -1 where fewer or more stand here. */
  #eightDigits(from: number): number {
    const { view } = this;
    if (from + 8 > this.end) return -1;
    const place = this.offset + from;
    const first = view.getInt32(place, true) ^ 0x30303030;
    const second = view.getInt32(place + 4, true) ^ 0x30303030;
    // As in `digits`.
    if ((((first + 0x76767676) | first | (second + 0x76767676) | second) & 0x80808080) !== 0) return -1;
    if (isDigit(this.bytes[from + 8])) return -1;
    const firstPairs = (Math.imul(first, 10) + (first >>> 8)) & 0x00ff00ff;
    const secondPairs = (Math.imul(second, 10) + (second >>> 8)) & 0x00ff00ff;
    return (
      ((Math.imul(firstPairs, 100) + (firstPairs >>> 16)) & 0xffff) * 10_000 +
      ((Math.imul(secondPairs, 100) + (secondPairs >>> 16)) & 0xffff)
    );
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
}
