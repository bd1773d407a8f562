import { type BookLevels, type Int64Column, STORED_SCALE } from "../../domain/index.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { CLOSE_ARRAY, COMMA, QUOTE, ZERO } from "./characters.ts";
import type { Literal } from "./literal.ts";

const OPEN_ARRAY = 0x5b;
const POINT = 0x2e;
/** Digits that a double always holds exactly. */
const EXACT_DIGITS = 15;
/** Of those that `pairsOfEight` takes: with 7 digits before each point, and 4 bytes beyond. */
const LONGEST_PAIR = 44;
const WHOLE_END = 1_000_000;
/** `,["` and `","`, little-endian. */
const BEFORE_PAIR = 0x225b2c;
const BETWEEN_NUMBERS = 0x222c22;
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
      if (this.#isOfEight()) this.#pairsOfEight(levels, side);
    } while (this.byte(COMMA));
    return this.byte(CLOSE_ARRAY);
  }

  /** A price and a size with eight decimals were read, and so they are stored: what Binance and Kraken send all day. */
  #isOfEight(): boolean {
    return this.#priceDecimals === 8 && this.#sizeDecimals === 8 && this.#priceScale === 8 && this.#sizeScale === 8;
  }

  /**
   * Goes over `,["price","size"]` as long as both have eight decimals; stays before the first that is otherwise. Both
   * numbers are read in this one loop: with a function for a number it takes twice as long.
   */
  #pairsOfEight(levels: BookLevels, side: number): void {
    const { bytes, view, offset } = this;
    const lastStart = this.end - LONGEST_PAIR;
    let { at } = this;
    while (at <= lastStart && (view.getInt32(offset + at, true) & 0xffffff) === BEFORE_PAIR) {
      at += 3;
      let price = (bytes[at] ?? 0) - ZERO;
      if (price < 0 || price > 9) return;
      at += 1;
      for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9 && price > 0 && price < WHOLE_END; ) {
        price = price * 10 + digit;
        at += 1;
        digit = (bytes[at] ?? 0) - ZERO;
      }
      const price1 = view.getInt32(offset + at + 1, true) ^ 0x30303030;
      const price2 = view.getInt32(offset + at + 5, true) ^ 0x30303030;
      if (bytes[at] !== POINT || hasOtherThanDigits(price1, price2)) return;
      at += 9;
      const between = view.getInt32(offset + at, true);
      if ((between & 0xffffff) !== BETWEEN_NUMBERS) return;
      let size = (between >>> 24) - ZERO;
      if (size < 0 || size > 9) return;
      at += 4;
      for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9 && size > 0 && size < WHOLE_END; ) {
        size = size * 10 + digit;
        at += 1;
        digit = (bytes[at] ?? 0) - ZERO;
      }
      const size1 = view.getInt32(offset + at + 1, true) ^ 0x30303030;
      const size2 = view.getInt32(offset + at + 5, true) ^ 0x30303030;
      if (bytes[at] !== POINT || hasOtherThanDigits(size1, size2)) return;
      at += 9;
      if (bytes[at] !== QUOTE || bytes[at + 1] !== CLOSE_ARRAY) return;
      at += 2;
      const priceMantissa = price * 100_000_000 + valueOfEight(price1, price2);
      if (priceMantissa === 0) return;
      const row = levels.nextRow();
      levels.price.setNumber(row, priceMantissa);
      levels.size.setNumber(row, size * 100_000_000 + valueOfEight(size1, size2));
      levels.side[row] = side;
      levels.length = row + 1;
      this.at = at;
    }
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
    if (hasOtherThanDigits(first, second) || isDigit(this.bytes[from + 8])) return -1;
    return valueOfEight(first, second);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
}

/** Whether two words, from each byte of which the digit zero was taken by xor, hold more than digits: as in `digits`. */
function hasOtherThanDigits(first: number, second: number): boolean {
  return (((first + 0x76767676) | first | (second + 0x76767676) | second) & 0x80808080) !== 0;
}

/** What two such words of digits alone are worth. */
function valueOfEight(first: number, second: number): number {
  const firstPairs = (Math.imul(first, 10) + (first >>> 8)) & 0x00ff00ff;
  const secondPairs = (Math.imul(second, 10) + (second >>> 8)) & 0x00ff00ff;
  return (
    ((Math.imul(firstPairs, 100) + (firstPairs >>> 16)) & 0xffff) * 10_000 +
    ((Math.imul(secondPairs, 100) + (secondPairs >>> 16)) & 0xffff)
  );
}
