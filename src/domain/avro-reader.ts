import { InternalError } from "../base/index.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads what AvroWriter, or any Avro library, wrote. Throws InternalError where the bytes are not what is asked for. */
export class AvroReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, from = 0) {
    this.#bytes = bytes;
    this.#at = from;
  }

  get at(): number {
    return this.#at;
  }

  /** An int or a long, |value| <= 2^53 - 1. */
  integer(): number {
    // Zigzag without halving a number that a double could not hold: the sign is the first byte's lowest bit.
    const first = this.#byte();
    let magnitude = (first & 127) >>> 1;
    let unit = 64;
    for (let byte = first; byte >= 128; unit *= 128) {
      byte = this.#byte();
      magnitude += (byte & 127) * unit;
    }
    const value = (first & 1) === 0 ? magnitude : -magnitude - 1;
    if (!Number.isSafeInteger(value)) throw this.#broken("an integer is beyond 2^53");
    return value;
  }

  /** A long of all 64 bits. */
  int64(): bigint {
    let zigzag = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      zigzag |= BigInt(byte & 127) << shift;
      if (byte >= 128) continue;
      if (zigzag >= 1n << 64n) break;
      return (zigzag & 1n) === 0n ? zigzag >> 1n : -((zigzag + 1n) >> 1n);
    }
    throw this.#broken("a long has more than 64 bits");
  }

  string(): string {
    const end = this.#endOfBytes();
    const ascii = this.#asciiUntil(end);
    if (ascii !== undefined) return ascii;
    const start = this.#at;
    this.#at = end;
    try {
      return utf8.decode(this.#bytes.subarray(start, end));
    } catch {
      throw this.#broken("a string is not UTF-8");
    }
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const end = this.#endOfBytes();
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** A decimal on bytes: its mantissa high × 2^32 + low, where it fits 64 bits. */
  decimal64(): { readonly high: number; readonly low: number } {
    const end = this.#endOfBytes();
    if (end - this.#at > 8) throw this.#broken(`a decimal of ${end - this.#at} bytes, of at most 8`);
    let high = end > this.#at && (this.#bytes[this.#at] ?? 0) >= 128 ? -1 : 0;
    let low = high;
    for (; this.#at < end; this.#at += 1) {
      high = (high << 8) | (low >>> 24);
      low = (low << 8) | (this.#bytes[this.#at] ?? 0);
    }
    return { high, low };
  }

  /** An array of strings, whatever its blocks. */
  strings(): string[] {
    const values: string[] = [];
    for (let count = this.integer(); count !== 0; count = this.integer()) {
      if (count < 0) this.integer(); // A negative count is followed by the block's bytes.
      for (let left = Math.abs(count); left > 0; left -= 1) values.push(this.string());
    }
    return values;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.#broken("it ends too early");
    this.#at += 1;
    return byte;
  }

  /** Reads a length and checks it; the bytes start at `#at`. */
  #endOfBytes(): number {
    const length = this.integer();
    if (length < 0 || length > this.#bytes.byteLength - this.#at) throw this.#broken(`a length of ${length} bytes`);
    return this.#at + length;
  }

  /** Short ASCII, which nearly all strings of events are, without the cost of a decoder; undefined for any other. */
  #asciiUntil(end: number): string | undefined {
    if (end - this.#at > 24) return undefined;
    let text = "";
    for (let index = this.#at; index < end; index += 1) {
      const byte = this.#bytes[index] ?? 0;
      if (byte >= 128) return undefined;
      text += String.fromCharCode(byte);
    }
    this.#at = end;
    return text;
  }

  #broken(what: string): InternalError {
    return new InternalError(
      `Avro bytes are not of the schema they are read by: ${what} (at byte ${this.#at} of ${this.#bytes.byteLength})`,
    );
  }
}
