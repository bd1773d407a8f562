/** Bytes of the header that every record begins with. */
export const HEADER_BYTES = 16;
/** Records tell their length in units of so many bytes. */
export const LENGTH_UNIT_BYTES = 4;
/** In a price: none. */
export const UNDEFINED_PRICE: bigint = 0x7fff_ffff_ffff_ffffn;
const UNDEFINED_PRICE_HIGH = 0x7fff_ffff;
/** Decimals of a price's mantissa. */
export const PRICE_SCALE = 9;

/**
 * A DBN record where it lies in the stream's bytes, valid until the visitor returns; used again for the next.
 *
 * @see https://databento.com/docs/standards-and-conventions/databento-binary-encoding
 */
export class DbnRecord {
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  /** The number of its kind, see record-types.ts. */
  type = 0;
  byteLength = 0;

  /** Points at a record within a view. */
  point(view: DataView, at: number, byteLength: number): void {
    this.#view = view;
    this.#at = at;
    this.type = view.getUint8(at + 1);
    this.byteLength = byteLength;
  }

  /** Databento's number of the venue within a dataset. */
  get publisher(): number {
    return this.#view.getUint16(this.#at + 2, true);
  }

  /** The number that the metadata, or symbol mapping records, give a symbol. */
  get instrument(): number {
    return this.#view.getUint32(this.#at + 4, true);
  }

  /** The matching engine's time, nanoseconds since the Unix epoch; undefined where there is none. */
  get eventTimeNs(): bigint | undefined {
    return this.time(8);
  }

  u8(offset: number): number {
    return this.#view.getUint8(this.#at + offset);
  }

  u16(offset: number): number {
    return this.#view.getUint16(this.#at + offset, true);
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#at + offset, true);
  }

  i32(offset: number): number {
    return this.#view.getInt32(this.#at + offset, true);
  }

  u64(offset: number): bigint {
    return this.#view.getBigUint64(this.#at + offset, true);
  }

  /** A price as its mantissa at PRICE_SCALE; undefined where there is none. */
  price(offset: number): bigint | undefined {
    const price = this.#view.getBigInt64(this.#at + offset, true);
    return price === UNDEFINED_PRICE ? undefined : price;
  }

  /** Whether a price is none. */
  isNoPrice(offset: number): boolean {
    return this.i32(offset + 4) === UNDEFINED_PRICE_HIGH && this.i32(offset) === -1;
  }

  /** Nanoseconds since the Unix epoch; undefined where there is none. */
  time(offset: number): bigint | undefined {
    const time = this.u64(offset);
    return time === 0xffff_ffff_ffff_ffffn ? undefined : time;
  }

  /** Whole microseconds of a time, without a BigInt; NaN where there is none. */
  timeUs(offset: number): number {
    const high = this.u32(offset + 4);
    if (high === 0xffff_ffff) return Number.NaN;
    // 2^32 = 4,294,967 × 1,000 + 296.
    return high * 4_294_967 + Math.floor((high * 296 + this.u32(offset)) / 1000);
  }

  /** The nanoseconds of a time beyond its microseconds. */
  timeNanos(offset: number): number {
    return (this.u32(offset + 4) * 296 + this.u32(offset)) % 1000;
  }

  /** One character. */
  letter(offset: number): string {
    return String.fromCharCode(this.u8(offset));
  }

  /** A text of fixed length, up to its first zero. */
  text(offset: number, byteLength: number): string {
    let end = offset;
    while (end < offset + byteLength && this.u8(end) !== 0) end += 1;
    return decoder.decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at + offset, end - offset));
  }

  /** The record's bytes, a copy. */
  copy(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at, this.byteLength).slice();
  }
}

const decoder = new TextDecoder();
