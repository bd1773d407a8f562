/**
 * A growing column of signed 64-bit integers that can be written and read without making a BigInt,
 * for values below 2^53 (nearly all). Little-endian machines only, like every platform Node runs on.
 */
export class Int64Column {
  #values: BigInt64Array;
  #halves: Int32Array;

  constructor(capacity: number) {
    this.#values = new BigInt64Array(capacity);
    this.#halves = new Int32Array(this.#values.buffer);
  }

  /** The whole capacity; rows past the batch's length are undefined. */
  get values(): BigInt64Array {
    return this.#values;
  }

  get(row: number): bigint {
    return this.#values[row] ?? 0n;
  }

  set(row: number, value: bigint): void {
    this.#values[row] = value;
  }

  /** @param value a whole number, |value| < 2^53 */
  setNumber(row: number, value: number): void {
    // A typed array keeps the lower 32 bits of a whole number.
    this.#halves[2 * row] = value;
    this.#halves[2 * row + 1] = Math.floor(value / 4_294_967_296);
  }

  /** value = high × 2^32 + low; `low` as an unsigned 32-bit number, `high` signed. */
  setHalves(row: number, high: number, low: number): void {
    this.#halves[2 * row] = low;
    this.#halves[2 * row + 1] = high;
  }

  /** The value as a double: exact below 2^53 in magnitude, NaN where it would not be. */
  getNumber(row: number): number {
    const high = this.#halves[2 * row + 1] ?? 0;
    if (high >= 2_097_152 || high < -2_097_152) return Number.NaN;
    return high * 4_294_967_296 + ((this.#halves[2 * row] ?? 0) >>> 0);
  }

  /** The nearest double, as Number(get(row)) gives it. */
  nearestNumber(row: number): number {
    return (this.#halves[2 * row + 1] ?? 0) * 4_294_967_296 + ((this.#halves[2 * row] ?? 0) >>> 0);
  }

  low(row: number): number {
    return this.#halves[2 * row] ?? 0;
  }

  high(row: number): number {
    return this.#halves[2 * row + 1] ?? 0;
  }

  grow(capacity: number): void {
    const grown = new BigInt64Array(capacity);
    grown.set(this.#values);
    this.#values = grown;
    this.#halves = new Int32Array(grown.buffer);
  }
}
