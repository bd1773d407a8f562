/**
 * Many small byte records in one buffer: the unit in which K2 moves, logs and decodes.
 * Record `i` is `bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i])`.
 */
export interface RecordBatch {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Exclusive end of each record in `bytes`; at least `count` long. */
  readonly ends: Uint32Array;
}

/** Where record `index` starts in the batch's bytes. */
export function recordStart(batch: RecordBatch, index: number): number {
  return index === 0 ? 0 : (batch.ends[index - 1] ?? 0);
}

/** One record, as a view of the batch's bytes (not a copy). */
export function recordAt(batch: RecordBatch, index: number): Uint8Array {
  return batch.bytes.subarray(recordStart(batch, index), batch.ends[index]);
}

/** Copies whole records into one batch. */
export function recordBatchOf(records: readonly Uint8Array[]): RecordBatch {
  const builder = new RecordBatchBuilder();
  for (const record of records) builder.push(record);
  return builder.take();
}

/** Collects records into one growing buffer; `take()` hands it over and starts anew. */
export class RecordBatchBuilder {
  #bytes: Uint8Array;
  #view: DataView;
  #ends: Uint32Array = new Uint32Array(256);
  #count = 0;
  #length = 0;

  constructor(initialBytes = 16_384) {
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#length;
  }

  push(record: Uint8Array): void {
    const start = this.reserve(record.byteLength);
    this.#bytes.set(record, start);
    this.finish(start + record.byteLength);
  }

  /** Makes room for a record of up to `byteLength` bytes; write to `bytes`/`view` from the returned position, then `finish(end)`. */
  reserve(byteLength: number): number {
    const needed = this.#length + byteLength;
    if (needed > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return this.#length;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  finish(end: number): void {
    if (this.#count === this.#ends.length) {
      const grown = new Uint32Array(this.#ends.length * 2);
      grown.set(this.#ends);
      this.#ends = grown;
    }
    this.#ends[this.#count] = end;
    this.#count += 1;
    this.#length = end;
  }

  /** Hands over what was collected. The builder is empty afterwards and shares no memory with the batch. */
  take(): RecordBatch {
    const batch = { count: this.#count, bytes: this.#bytes.subarray(0, this.#length), ends: this.#ends };
    this.#bytes = new Uint8Array(Math.max(1024, Math.min(this.#bytes.byteLength, 1 << 20)));
    this.#view = new DataView(this.#bytes.buffer);
    this.#ends = new Uint32Array(Math.max(16, Math.min(this.#ends.length, 65_536)));
    this.#count = 0;
    this.#length = 0;
    return batch;
  }
}
