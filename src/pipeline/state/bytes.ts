import { InternalError, type RecordBatch } from "../../base/index.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes the parts of a checkpoint one after the other; grows as needed. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  get byteLength(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** @param value a whole number, 0 to 2^53 - 1: seven bits a byte, least first */
  whole(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length] = (rest % 128) + 128;
      this.#length += 1;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  float(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  text(value: string): void {
    this.bytes(encoder.encode(value));
  }

  bytes(value: Uint8Array): void {
    this.whole(value.byteLength);
    this.#room(value.byteLength);
    this.#bytes.set(value, this.#length);
    this.#length += value.byteLength;
  }

  records(batch: RecordBatch): void {
    this.whole(batch.count);
    let start = 0;
    for (let index = 0; index < batch.count; index += 1) {
      const end = batch.ends[index] ?? start;
      this.whole(end - start);
      start = end;
    }
    this.bytes(batch.bytes.subarray(0, start));
  }

  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(1024);
    this.#view = new DataView(this.#bytes.buffer);
    this.#length = 0;
    return taken;
  }

  #room(byteLength: number): void {
    if (this.#length + byteLength <= this.#bytes.byteLength) return;
    const grown = new Uint8Array(Math.max(this.#length + byteLength, this.#bytes.byteLength * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what ByteWriter wrote, in the same order. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new InternalError("The pipeline's state record ends early; the event log is broken");
    this.#at += 1;
    return value;
  }

  whole(): number {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const part = this.byte();
      value += (part % 128) * weight;
      if (part < 128) return value;
    }
  }

  float(): number {
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  text(): string {
    return decoder.decode(this.bytes());
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.whole();
    this.#at += length;
    if (this.#at > this.#bytes.byteLength)
      throw new InternalError("The pipeline's state record ends early; the event log is broken");
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  records(): RecordBatch {
    const count = this.whole();
    const ends = new Uint32Array(count);
    let end = 0;
    for (let index = 0; index < count; index += 1) {
      end += this.whole();
      ends[index] = end;
    }
    return { count, ends, bytes: this.bytes() };
  }
}
