import type { Abortable, RecordBatch } from "../base/index.ts";

/**
 * What K2 keeps, in order and durable: topics of partitions of records with offsets from 0.
 *
 * Two adapters pass one contract (log.contract.ts): embedded, one folder on this machine, and Kafka.
 * The shape suits both: an append is atomic over partitions and may carry a consumer's progress
 * (a Kafka transaction with offsets in it), and a reader never sees what could still be lost.
 */
export interface Log extends LogReader {
  /** Makes the topic if it is not there. A topic's partitions may grow, never shrink; the retention is the latest given. */
  ensureTopic(topic: TopicOptions): Promise<void>;

  /**
   * Appends all entries and commits all progress, or nothing of it; resolves once durable.
   * Concurrent calls share one flush (group commit) and keep their order. Waiting for it is the backpressure.
   * The log copies the records when their turn comes: leave them unchanged until the promise settles.
   * Progress adds to what the group has: positions it does not name stay.
   *
   * @returns the first offset of each entry, in the order of the entries
   * @throws {LogFullError} when the disk is full or a limit is reached: nothing was appended, the log stays usable
   * @throws {LogFailedError} when the device failed: the log must be opened anew, which recovers all that was acknowledged
   * @throws {TopicUnknownError} when a topic or partition was never ensured: nothing was appended
   */
  append(entries: readonly LogEntry[], progress?: GroupProgress): Promise<readonly number[]>;

  /** Removes what the topics' retention no longer keeps, but never what `keepFrom` still needs. */
  applyRetention(options: RetentionOptions): Promise<RetentionReport>;
}

/** The reading half: all that a consumer needs, in the owner's process or beside it. */
export interface LogReader extends AsyncDisposable {
  /**
   * Yields what is durable from `offset` on, in chunks as large as `maxBytes` allows, then waits for more
   * (or ends, with `follow: false`). Aborting rejects with the signal's reason; closing the log, with LogClosedError.
   * Chunks are views of shared memory: read them, never write to them.
   *
   * @throws {OffsetOutOfRangeError} when `offset` was removed by retention or lies beyond the end
   */
  read(at: TopicPosition, options?: ReadOptions): AsyncIterable<LogChunk>;

  /** Each partition of the topic: its first retained offset, and the offset that the next record will get. */
  bounds(topic: string): Promise<readonly PartitionBounds[]>;
  topics(): Promise<readonly TopicDescription[]>;

  /** Where a consumer group stands: the offset of the next record it wants, by topic and partition. */
  progress(group: string): Promise<readonly TopicPosition[]>;
}

export interface TopicOptions {
  readonly topic: string;
  readonly partitions: number;
  /** Records older than this may go; undefined keeps them. */
  readonly retentionMs?: number | undefined;
  /** The oldest records may go while the topic's shard is larger than this; undefined keeps them. */
  readonly retentionBytes?: number | undefined;
}

export interface TopicDescription extends TopicOptions {
  readonly bounds: readonly PartitionBounds[];
}

export interface TopicPosition {
  readonly topic: string;
  readonly partition: number;
  /** Offsets are exact in a double far beyond what any machine can write (2^53). */
  readonly offset: number;
}

export interface LogEntry {
  readonly topic: string;
  readonly partition: number;
  readonly records: RecordBatch;
}

export interface GroupProgress {
  readonly group: string;
  readonly positions: readonly TopicPosition[];
}

export interface LogChunk {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  /** When the log took its first record, milliseconds since the Unix epoch. */
  readonly appendedMs: number;
  readonly records: RecordBatch;
}

export interface ReadOptions extends Abortable {
  /** True (the default) waits for more at the end; false ends there. */
  readonly follow?: boolean;
  /** A chunk holds at most this many bytes, but at least one record. Default 1 MiB. */
  readonly maxBytes?: number;
}

export interface PartitionBounds {
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
}

export interface RetentionOptions {
  readonly nowMs: number;
  /** Nothing at or after these positions is removed, whatever its age: what a consumer has not had yet. */
  readonly keepFrom: readonly TopicPosition[];
}

export interface RetentionReport {
  readonly segmentsRemoved: number;
  readonly bytesRemoved: number;
}

/** The partition for a key: the same key always goes to the same partition, so its order is kept. FNV-1a. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % partitions;
}
