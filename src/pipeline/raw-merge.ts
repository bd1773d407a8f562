import { abortable, InternalError, recordAt } from "../base/index.ts";
import { FrameRecord } from "../domain/index.ts";
import type { LogRecords, RawSource, TopicPosition } from "./ports.ts";

/** Chunks that wait in memory a partition. */
const CHUNKS_AHEAD_MAX = 2;

export interface RawPartition {
  readonly topic: string;
  readonly partition: number;
  /** Where to start. */
  readonly offset: number;
  /** The partition's end when reading began: what lies before it is a backlog, read in the order of all partitions. */
  readonly backlogEnd: number;
}

export interface RawMergeOptions {
  readonly partitions: readonly RawPartition[];
  readonly source: RawSource;
  readonly follow: boolean;
  readonly chunkBytesMax: number;
  readonly signal: AbortSignal;
}

/**
 * Frames of several partitions as one sequence, fair and bounded: always the one with the earliest receive time of those
 * that are there, ties in the order of the partitions. Over a backlog the order is a function of the frames alone,
 * as no partition is passed over before its next frame is read; after it, no partition waits for another.
 */
export class RawMerge {
  readonly #cursors: readonly Cursor[];
  readonly #signal: AbortSignal;
  /** Without a partition to follow there may be something else to do, sooner or later. */
  readonly #waitsForOthers: boolean;
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers();
  #failure: { readonly error: unknown } | undefined;

  constructor(options: RawMergeOptions) {
    this.#signal = options.signal;
    this.#waitsForOthers = options.follow && options.partitions.length === 0;
    this.#cursors = options.partitions.map((partition) => new Cursor(partition));
    for (const cursor of this.#cursors) void this.#pump(cursor, options);
  }

  /** Where the next unread frame of a partition stands. */
  positions(): readonly TopicPosition[] {
    return this.#cursors.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  }

  /**
   * Waits until there is a frame, or `isWanted` says that there is something else to do; after a change of that call `wake`.
   *
   * @returns false when all partitions have ended
   */
  async ready(isWanted: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (isWanted()) return true;
      if (!this.#waitsForOthers && this.#cursors.every(({ ended }) => ended)) return false;
      if (this.peek() !== undefined) return true;
      await abortable(this.#arrived.promise, this.#signal);
    }
  }

  /** The partition whose frame comes next; undefined when there is nothing to take without waiting. */
  peek(): Cursor | undefined {
    let next: Cursor | undefined;
    for (const cursor of this.#cursors) {
      const timeUs = cursor.headTimeUs;
      if (timeUs === undefined) {
        if (cursor.isBehind) return undefined;
      } else if (next === undefined || timeUs < (next.headTimeUs ?? 0)) next = cursor;
    }
    return next;
  }

  /** How far `cursor` may go on before another partition's frame comes first: frames at most this old, or before it when strict. */
  limitFor(cursor: Cursor): { readonly timeUs: number; readonly strict: boolean } {
    let timeUs = Number.POSITIVE_INFINITY;
    let strict = false;
    let passed = false;
    for (const other of this.#cursors) {
      if (other === cursor) passed = true;
      else if (other.headTimeUs !== undefined && other.headTimeUs < timeUs) {
        timeUs = other.headTimeUs;
        strict = !passed;
      }
    }
    return { timeUs, strict };
  }

  /** Makes `ready` reject: something that the frames are needed for has failed. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.wake();
  }

  async #pump(cursor: Cursor, options: RawMergeOptions): Promise<void> {
    try {
      const read = { follow: options.follow, maxBytes: options.chunkBytesMax, signal: options.signal };
      for await (const chunk of options.source.read(cursor.startPosition, read)) {
        if (chunk.records.count === 0) continue;
        cursor.push(chunk);
        this.wake();
        if (cursor.waiting >= CHUNKS_AHEAD_MAX) await abortable(cursor.whenTaken(), options.signal);
      }
      cursor.end();
    } catch (error) {
      this.fail(error);
    }
    this.wake();
  }

  /** Makes `ready` look again. */
  wake(): void {
    const arrived = this.#arrived;
    this.#arrived = Promise.withResolvers();
    arrived.resolve();
  }
}

/** The place in one partition. */
export class Cursor {
  readonly topic: string;
  readonly partition: number;
  /** Of the next frame. */
  offset: number;
  readonly #backlogEnd: number;
  readonly #chunks: LogRecords[] = [];
  #taken: PromiseWithResolvers<void> | undefined;
  #index = 0;
  #head: FrameRecord | undefined;
  #read: boolean = false;

  constructor({ topic, partition, offset, backlogEnd }: RawPartition) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.#backlogEnd = backlogEnd;
  }

  get startPosition(): TopicPosition {
    return { topic: this.topic, partition: this.partition, offset: this.offset };
  }
  get waiting(): number {
    return this.#chunks.length;
  }
  /** True once the last frame was taken of a partition that is read to its end only. */
  get ended(): boolean {
    return this.#read && this.#chunks.length === 0;
  }
  /** True while a frame that was there when reading began is still to come. */
  get isBehind(): boolean {
    return this.#chunks.length === 0 && !this.#read && this.offset < this.#backlogEnd;
  }
  /** Receive time of the next frame; undefined when it has not been read. */
  get headTimeUs(): number | undefined {
    return this.#head?.timeUs;
  }

  head(): FrameRecord {
    if (this.#head === undefined) throw new InternalError(`No frame of ${this.topic}/${this.partition} was read yet`);
    return this.#head;
  }

  /** Goes past the head. @returns the next one, when it is there already */
  advance(): FrameRecord | undefined {
    this.#index += 1;
    this.offset += 1;
    const chunk = this.#chunks[0];
    if (chunk !== undefined && this.#index >= chunk.records.count) {
      this.#chunks.shift();
      this.#index = 0;
      this.#taken?.resolve();
      this.#taken = undefined;
    }
    this.#setHead();
    return this.#head;
  }

  push(chunk: LogRecords): void {
    const expected = this.#chunks.reduce((offset, { records }) => offset + records.count, this.offset - this.#index);
    if (chunk.firstOffset !== expected) {
      throw new InternalError(
        `Reading ${this.topic}/${this.partition} gave offset ${chunk.firstOffset}, expected ${expected}; frames would be left out or taken twice`,
      );
    }
    this.#chunks.push(chunk);
    if (this.#chunks.length === 1) this.#setHead();
  }

  end(): void {
    this.#read = true;
  }

  whenTaken(): Promise<void> {
    this.#taken ??= Promise.withResolvers();
    return this.#taken.promise;
  }

  #setHead(): void {
    const chunk = this.#chunks[0];
    this.#head = chunk === undefined ? undefined : new FrameRecord(recordAt(chunk.records, this.#index));
  }
}
