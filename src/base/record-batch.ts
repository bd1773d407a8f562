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

/** What a builder keeps for its next batch at the most. */
const KEPT_BYTES_MAX = 1_048_576;
const KEPT_ENDS_MAX = 65_536;

/** Collects records into one growing buffer; `take()` hands them over and starts anew. */
export class RecordBatchBuilder {
  #bytes: Uint8Array;
  #view: DataView;
  #ends: Uint32Array = new Uint32Array(256);
  #count = 0;
  #length = 0;
  /** Room to begin with when the buffer was handed over. */
  #roomBytes: number;

  constructor(initialBytes = 16_384) {
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#roomBytes = initialBytes;
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
      const grown = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2, this.#roomBytes));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#use(grown);
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
      const grown = new Uint32Array(Math.max(16, this.#ends.length * 2));
      grown.set(this.#ends);
      this.#ends = grown;
    }
    this.#ends[this.#count] = end;
    this.#count += 1;
    this.#length = end;
  }

  /** Hands over what was collected. The builder is empty afterwards and shares no memory with the batch. */
  take(): RecordBatch {
    const batch = { count: this.#count, bytes: this.#takeBytes(), ends: this.#takeEnds() };
    this.#count = 0;
    this.#length = 0;
    return batch;
  }

  /**
   * A batch often outlives its builder's next ones and most are small: one that fills less than half of the buffer is
   * copied, so that it holds no more memory than it needs and the buffer is not made anew each time.
   */
  #takeBytes(): Uint8Array {
    const capacity = this.#bytes.byteLength;
    if (2 * this.#length < capacity && capacity <= KEPT_BYTES_MAX) return this.#bytes.slice(0, this.#length);
    const taken = this.#bytes.subarray(0, this.#length);
    this.#roomBytes = Math.min(capacity, KEPT_BYTES_MAX);
    this.#use(new Uint8Array());
    return taken;
  }

  #takeEnds(): Uint32Array {
    const ends = this.#ends;
    if (2 * this.#count < ends.length && ends.length <= KEPT_ENDS_MAX) return ends.slice(0, this.#count);
    this.#ends = new Uint32Array();
    return ends;
  }

  #use(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
