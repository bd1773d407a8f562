const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const DIGITS_MAX = 15;
const NANO_DIGITS = 9;

/**
 * Reads a line of numbers between commas, without making a text. What is no number of the kind that is asked for makes
 * `isRight` false, and stays so until the next line.
 */
export class NumberFields {
  isRight = true;
  /** Of the last `seconds`. */
  nanos = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  point(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.isRight = true;
  }

  /** Whether the line is read to its end. */
  get isAtEnd(): boolean {
    return this.#at > this.#end;
  }

  /** A whole number of at most 15 digits. */
  whole(): number {
    const isNegative = this.#bytes[this.#at] === MINUS;
    if (isNegative) this.#at += 1;
    const value = this.#digits();
    this.#close();
    return isNegative ? -value : value;
  }

  /** Seconds with at most nine decimals: the whole ones, `nanos` having the rest. */
  seconds(): number {
    const whole = this.#digits();
    this.nanos = 0;
    if (this.#at < this.#end && this.#bytes[this.#at] === POINT) {
      this.#at += 1;
      const start = this.#at;
      const fraction = this.#digits();
      const digits = this.#at - start;
      if (digits > NANO_DIGITS) this.isRight = false;
      else this.nanos = fraction * 10 ** (NANO_DIGITS - digits);
    }
    this.#close();
    return whole;
  }

  #digits(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let value = 0;
    while (this.#at < this.#end) {
      const digit = (bytes[this.#at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      this.#at += 1;
    }
    if (this.#at === start || this.#at - start > DIGITS_MAX) this.isRight = false;
    return value;
  }

  /** Steps over what ends a field: a comma, or the line's end. */
  #close(): void {
    if (this.#at < this.#end && this.#bytes[this.#at] !== COMMA) this.isRight = false;
    this.#at += 1;
  }
}
