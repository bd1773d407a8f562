/**
 * Writes Avro binary by hand, value after value, into memory it keeps: for the one schema (trades) where a general
 * encoder costs too much. Bytes are those that any Avro library writes.
 *
 * @see https://avro.apache.org/docs/1.11.1/specification/#binary-encoding
 */
export class AvroWriter {
  #bytes = Buffer.alloc(512);
  #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
  #length = 0;

  /** Copies what was written and starts anew. */
  take(): Uint8Array {
    const written = Buffer.allocUnsafe(this.#length); // From Node's pool: an own ArrayBuffer costs more than the copy.
    this.#bytes.copy(written, 0, 0, this.#length);
    this.#length = 0;
    return written;
  }

  /** An int or a long. @param value a whole number, |value| <= 2^53 - 1 */
  integer(value: number): void {
    this.#room(10);
    // Zigzag without doubling, which a double could not hold: the sign and six bits first, then seven at a time.
    const magnitude = value < 0 ? -(value + 1) : value;
    let rest = Math.floor(magnitude / 64);
    this.#byte((magnitude % 64) * 2 + (value < 0 ? 1 : 0) + (rest > 0 ? 128 : 0));
    while (rest > 0) {
      const next = Math.floor(rest / 128);
      this.#byte((rest % 128) + (next > 0 ? 128 : 0));
      rest = next;
    }
  }

  /** A long of all 64 bits. */
  int64(value: bigint): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, value < 0n ? -2n * value - 1n : 2n * value);
    while (rest > 127n) {
      this.#byte(Number(rest & 127n) + 128);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  string(value: string): void {
    const most = value.length * 3;
    this.#room(10 + most);
    if (most < 64) {
      // Short enough that the length takes one byte, so that the text can be written in place.
      const written = this.#bytes.write(value, this.#length + 1, "utf8");
      this.#byte(written * 2);
      this.#length += written;
      return;
    }
    this.integer(Buffer.byteLength(value, "utf8"));
    this.#length += this.#bytes.write(value, this.#length, "utf8");
  }

  /** Bytes that are Avro already. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  /** A decimal on bytes: the mantissa high × 2^32 + low as the shortest big-endian two's complement. */
  decimal(high: number, low: number): void {
    this.#room(9);
    const at = this.#length + 1;
    this.#view.setInt32(at, high);
    this.#view.setInt32(at + 4, low);
    const filler = high < 0 ? 0xff : 0x00;
    let skip = 0;
    while (skip < 7 && this.#bytes[at + skip] === filler && ((this.#bytes[at + skip + 1] ?? 0) ^ filler) < 128)
      skip += 1;
    this.#bytes.copyWithin(at, at + skip, at + 8);
    this.#bytes[at - 1] = (8 - skip) * 2;
    this.#length = at + 8 - skip;
  }

  #byte(value: number): void {
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  #room(byteLength: number): void {
    if (this.#length + byteLength <= this.#bytes.byteLength) return;
    const grown = Buffer.alloc(2 * (this.#length + byteLength));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer, grown.byteOffset, grown.byteLength);
  }
}
