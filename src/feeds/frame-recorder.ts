import { type Clock, type RecordBatch, RecordBatchBuilder } from "../base/index.ts";
import { appendFrameRecord, FRAME_KINDS, type Frame, type FrameKind, type Source } from "../domain/index.ts";
import { FramesNotRecordedError } from "./frames-not-recorded-error.ts";

/**
 * Takes the frame records of one connection, in order.
 *
 * @param connection number of the connection within its feed: the partition of `raw.<feed>`
 * @returns resolves when every record is durable; a rejection ends the connection
 */
export type FrameSink = (connection: number, records: RecordBatch) => Promise<void>;

export interface FrameRecorderOptions {
  readonly feed: string;
  /** Its name, such as "binance/0". */
  readonly connection: string;
  readonly source: Source;
  readonly clock: Clock;
  /** Above this many bytes that are not durable, `onPressure(true)`; below half of it, `onPressure(false)`. */
  readonly unflushedBytesMax: number;
  /** The record that reaches this closes the batch, so that one append stays bounded. */
  readonly batchBytesMax: number;
  /** May keep the batch's memory: it is not read afterwards. */
  flush(records: RecordBatch): Promise<void>;
  onPressure(isHigh: boolean): void;
  onFlushed(seconds: number): void;
  /** Once, when a flush is rejected; from then on nothing is taken. */
  onFailed(error: FramesNotRecordedError): void;
}

const NO_HEAD = -1;

/**
 * Writes frames into batches and flushes them, one append in flight: what arrives meanwhile is the next batch,
 * so that a slow disk makes larger batches instead of a longer queue of small ones.
 */
export class FrameRecorder {
  readonly #options: FrameRecorderOptions;
  readonly #builder = new RecordBatchBuilder();
  /** Full batches behind the one in flight. */
  readonly #full: RecordBatch[] = [];
  readonly #name: Pick<Frame, "feed" | "connection" | "source">;
  #isTurn = false;
  #turn = 0;
  #timeNs = 0n;
  /** What comes before the payload: the same for all records of one turn, kind and epoch, so built once. */
  #head = new Uint8Array();
  #headKey = NO_HEAD;
  #settledBytes = 0;
  #flushing: Promise<void> | undefined;
  #isPressed = false;
  #failure: FramesNotRecordedError | undefined;

  constructor(options: FrameRecorderOptions) {
    this.#options = options;
    const { feed, connection, source } = options;
    this.#name = { feed, connection, source };
  }

  /** Bytes recorded and not yet durable. */
  get unflushedBytes(): number {
    return this.#settledBytes + this.#builder.byteLength;
  }

  /** Counts the reads of the network; changes exactly when `timeNs` is taken anew. */
  get turn(): number {
    return this.#turn;
  }

  /** Arrival of the newest record, nanoseconds since the Unix epoch. */
  get timeNs(): bigint {
    return this.#timeNs;
  }

  get isPressed(): boolean {
    return this.#isPressed;
  }

  get failure(): FramesNotRecordedError | undefined {
    return this.#failure;
  }

  /**
   * Copies `payload` into the batch under the time of its arrival: frames that one read of the network brought have
   * one time, that of the first. Never throws: what cannot be recorded fails the recorder.
   */
  record(kind: FrameKind, epoch: number, payload: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      this.#append(kind, epoch, payload);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#builder.byteLength >= this.#options.batchBytesMax) this.#closeBatch();
    if (!this.#isPressed && this.unflushedBytes > this.#options.unflushedBytesMax) {
      this.#isPressed = true;
      this.#options.onPressure(true);
    }
  }

  #append(kind: FrameKind, epoch: number, payload: Uint8Array): void {
    if (!this.#isTurn) this.#beginTurn();
    const builder = this.#builder;
    const headKey = epoch * FRAME_KINDS.length + FRAME_KINDS.indexOf(kind);
    if (headKey !== this.#headKey) {
      const start = builder.byteLength;
      appendFrameRecord({ ...this.#name, kind, epoch, timeNs: this.#timeNs, payload }, builder);
      this.#head = builder.bytes.slice(start, builder.byteLength - payload.byteLength);
      this.#headKey = headKey;
      return;
    }
    const head = this.#head;
    const at = builder.reserve(head.byteLength + payload.byteLength);
    builder.bytes.set(head, at);
    builder.bytes.set(payload, at + head.byteLength);
    builder.finish(at + head.byteLength + payload.byteLength);
  }

  /** A turn is what runs without a pause: the frames of one read. It has one time, and one flush after it. */
  #beginTurn(): void {
    this.#timeNs = this.#options.clock.nowNs();
    this.#isTurn = true;
    this.#turn += 1;
    this.#headKey = NO_HEAD;
    queueMicrotask(() => {
      this.#isTurn = false;
      this.#startFlush();
    });
  }

  /**
   * Resolves when everything recorded so far and meanwhile is durable.
   *
   * @throws {FramesNotRecordedError} when it will never be
   */
  async flushed(): Promise<void> {
    while (this.#isTurn || this.#flushing !== undefined) await this.#flushing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #closeBatch(): void {
    this.#settledBytes += this.#builder.byteLength;
    this.#full.push(this.#builder.take());
  }

  #startFlush(): void {
    if (this.#flushing !== undefined || (this.#full.length === 0 && this.#builder.count === 0)) return;
    this.#flushing = this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
  }

  async #flushAll(): Promise<void> {
    const { clock, flush, onFlushed } = this.#options;
    try {
      for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
        const startMs = clock.monotonicMs();
        const { byteLength } = batch.bytes; // None is left of bytes that were moved to another thread.
        await flush(batch);
        onFlushed((clock.monotonicMs() - startMs) / 1000);
        this.#settledBytes -= byteLength;
        this.#relieve();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #next(): RecordBatch | undefined {
    if (this.#full.length === 0 && this.#builder.count > 0) this.#closeBatch();
    return this.#full.shift();
  }

  #relieve(): void {
    if (!this.#isPressed || this.unflushedBytes > this.#options.unflushedBytesMax / 2) return;
    this.#isPressed = false;
    this.#options.onPressure(false);
  }

  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = new FramesNotRecordedError(this.#options.connection, {
      unflushedBytes: this.unflushedBytes,
      cause,
    });
    this.#full.length = 0;
    this.#builder.take();
    this.#options.onFailed(this.#failure);
  }
}
