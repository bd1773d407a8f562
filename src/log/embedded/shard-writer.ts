import { type Clock, type Files, InternalError, type Logger } from "../../base/index.ts";
import { type LogClosedError, LogFailedError, LogFullError } from "../errors.ts";
import type { GroupProgress, LogEntry } from "../log.ts";
import { ActiveSegment, type ActiveSegmentOptions, asLogError } from "./active-segment.ts";
import type { DurableEndPublisher } from "./durable-end.ts";
import { type EntryToWrite, encodedFrame, encodeFrame, entryBytes, uninitialised } from "./frame.ts";
import type { LogMeters } from "./log-meters.ts";
import type { CommitNotes } from "./notes.ts";
import { Segment } from "./segment.ts";
import type { Shard } from "./shard.ts";
import { writeSidecar } from "./sidecar.ts";

export interface ShardWriterOptions {
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly folder: string;
  readonly segment: ActiveSegmentOptions;
  readonly publisher: DurableEndPublisher;
  readonly meters: LogMeters;
  /** The next commit number of the whole log. */
  readonly nextCommit: () => number;
  /** How long the first append of a group waits for others. */
  readonly commitDelayMs: number;
  /** A group takes no more appends once it is this large. */
  readonly groupBytesMax: number;
  /** Appends that wait for their turn hold at most this many bytes. */
  readonly waitingBytesMax: number;
}

/** One append, or a change that the log makes itself: all of it goes into one frame. */
export interface AppendRequest {
  readonly entries: readonly LogEntry[];
  readonly progress?: GroupProgress | undefined;
  readonly topics?: CommitNotes["topics"];
  readonly starts?: CommitNotes["starts"];
  /** Makes room rather than taking it: may use the space that is kept free. */
  readonly urgent?: boolean;
}

interface Waiting {
  readonly request: AppendRequest;
  readonly byteLength: number;
  resolve(offsets: readonly number[]): void;
  reject(error: unknown): void;
}

interface Group {
  readonly entries: readonly EntryToWrite[];
  readonly notes: CommitNotes | undefined;
  /** For each append of the group, the first offset of each of its entries. */
  readonly offsets: readonly (readonly number[])[];
  readonly urgent: boolean;
}

const KEPT_FRAME_BYTES_MAX = 64 * 1024;
const SCRATCH_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Writes one shard: takes what waits as one group, one frame, one sync, then the next.
 * While a sync is under way appends gather, so the busier the log, the larger the groups.
 */
export class ShardWriter {
  readonly #shard: Shard;
  readonly #options: ShardWriterOptions;
  #queue: Waiting[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;
  #active: ActiveSegment | undefined;
  #scratch: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #failure: LogFailedError | undefined;
  #closed: LogClosedError | undefined;

  constructor(shard: Shard, options: ShardWriterOptions, active: ActiveSegment | undefined) {
    this.#shard = shard;
    this.#options = options;
    this.#active = active;
  }

  /** @returns the first offset of each entry, once all is durable */
  append(request: AppendRequest): Promise<readonly number[]> {
    const refusal = this.#failure ?? this.#closed;
    if (refusal !== undefined) return Promise.reject(refusal);
    const byteLength = request.entries.reduce((sum, { records }) => sum + entryBytes(records), 0);
    const { waitingBytesMax } = this.#options;
    if (this.#queue.length > 0 && this.#waitingBytes + byteLength > waitingBytesMax) {
      const refused = new LogFullError(
        `Cannot append ${byteLength} bytes to shard ${this.#shard.index.shard}: ${this.#waitingBytes} bytes already wait to be ` +
          `written, and ${waitingBytesMax} is the limit. Nothing was appended; wait for earlier appends before making more`,
      );
      return Promise.reject(refused);
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, byteLength, resolve, reject });
      this.#waitingBytes += byteLength;
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // Appends of the same turn share the first group.
    while (this.#queue.length > 0) {
      if (this.#options.commitDelayMs > 0 && this.#waitingBytes < this.#options.groupBytesMax) {
        await this.#options.clock.sleep(this.#options.commitDelayMs);
      }
      await this.#commit(this.#takeGroup());
    }
    this.#running = undefined;
  }

  #takeGroup(): Waiting[] {
    let taken = 0;
    let byteLength = 0;
    const urgent = this.#queue[0]?.request.urgent;
    for (const waiting of this.#queue) {
      if (taken > 0 && byteLength + waiting.byteLength > this.#options.groupBytesMax) break;
      if (waiting.request.urgent !== urgent) break; // What makes room must not fail with what needs it.
      taken += 1;
      byteLength += waiting.byteLength;
    }
    this.#waitingBytes -= byteLength;
    return this.#queue.splice(0, taken);
  }

  async #commit(waiting: readonly Waiting[]): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      const group = this.#plan(waiting.map(({ request }) => request));
      if (group.entries.length > 0 || group.notes !== undefined) {
        await this.#write(group);
        this.#options.meters.committed(
          waiting.length,
          waiting.reduce((sum, { byteLength }) => sum + byteLength, 0),
        );
      }
      for (const [index, { resolve }] of waiting.entries()) resolve(group.offsets[index] ?? []);
    } catch (error) {
      const reported = asLogError(error, this.#active?.path ?? this.#options.folder);
      if (reported instanceof LogFailedError) this.#failure ??= reported;
      if (!(reported instanceof LogFullError)) {
        this.#options.logger.error(
          { shard: this.#shard.index.shard, err: reported.message },
          "Appending to the log failed",
        );
      }
      for (const { reject } of waiting) reject(reported);
    }
  }

  /** Decides the offsets and what the frame says. Changes nothing, so a group that fails leaves no trace. */
  #plan(requests: readonly AppendRequest[]): Group {
    const ends = new Map<string, number>();
    const entries: EntryToWrite[] = [];
    const offsets = requests.map((request) =>
      request.entries.map(({ topic, partition, records }) => {
        const state = this.#shard.index.topics.get(topic);
        if (state === undefined) throw new InternalError(`Topic ${topic} was checked and is gone; please report this`);
        const key = `${topic}/${partition}`;
        const firstOffset = ends.get(key) ?? state.partitions[partition]?.end ?? 0;
        ends.set(key, firstOffset + records.count);
        if (records.count > 0) entries.push({ topicId: state.id, partition, firstOffset, records });
        return firstOffset;
      }),
    );
    return { entries, offsets, notes: notesOfAll(requests), urgent: requests.every(({ urgent }) => urgent === true) };
  }

  async #write(group: Group): Promise<void> {
    const { index, cache } = this.#shard;
    let segment = index.active;
    let encoded = this.#encode(group, segment?.sequence ?? 1);
    if (segment === undefined || this.#active === undefined || (!group.urgent && this.#mustRoll(segment, encoded))) {
      segment = await this.#roll();
      encoded = this.#encode(group, segment.sequence);
    }
    const position = segment.byteLength;
    const startedMs = this.#options.clock.monotonicMs();
    await this.#active?.write(encoded, { urgent: group.urgent });
    this.#options.meters.synced(this.#options.clock.monotonicMs() - startedMs);
    const frame = encodedFrame(encoded);
    index.apply(frame, segment, position);
    if (encoded.byteLength <= KEPT_FRAME_BYTES_MAX) cache.put(segment.sequence, position, frame);
    this.#publish(segment);
    this.#shard.wake();
  }

  #encode({ entries, notes }: Group, segment: number): Uint8Array {
    const appendedMs = this.#nowMs();
    const commit = this.#options.nextCommit();
    return encodeFrame({ kind: "commit", segment, commit, appendedMs, entries, notes }, (byteLength) =>
      this.#memory(byteLength),
    );
  }

  /** Small frames are kept for readers, each in memory of its own; for large ones fresh memory would cost more than the copy. */
  #memory(byteLength: number): Uint8Array<ArrayBuffer> {
    if (byteLength <= KEPT_FRAME_BYTES_MAX || byteLength > SCRATCH_BYTES_MAX) return uninitialised(byteLength);
    if (this.#scratch.byteLength < byteLength) this.#scratch = uninitialised(byteLength);
    return this.#scratch.subarray(0, byteLength);
  }

  /** Never runs backwards in a shard, whatever the machine's clock does. */
  #nowMs(): number {
    return Math.max(this.#shard.index.appendedMs, Number(this.#options.clock.nowNs() / 1_000_000n));
  }

  #mustRoll(segment: Segment, encoded: Uint8Array): boolean {
    const holdsMoreThanHead = segment.byteLength > segment.headBytes;
    return holdsMoreThanHead && segment.byteLength + encoded.byteLength > this.#options.segment.segmentBytesMax;
  }

  /** Seals the segment and begins the next. The new one gets its name last: a cut in between leaves the old one the last. */
  async #roll(): Promise<Segment> {
    const { index } = this.#shard;
    const sealed = index.active;
    const segment = new Segment(this.#options.folder, (sealed?.sequence ?? 0) + 1);
    const head = encodeFrame({
      kind: "head",
      segment: segment.sequence,
      commit: this.#options.nextCommit(),
      appendedMs: this.#nowMs(),
      entries: [],
      notes: index.head(),
    });
    const next = await ActiveSegment.create(segment.path, head, this.#options.segment, async () => {
      await this.#active?.seal();
      if (sealed !== undefined) await this.#describe(sealed);
    });
    await this.#active?.[Symbol.asyncDispose]();
    this.#active = next;
    index.segments.push(segment);
    index.apply(encodedFrame(head), segment, 0);
    if (sealed !== undefined) this.#shard.points.hold(sealed);
    this.#publish(segment);
    return segment;
  }

  async #describe(sealed: Segment): Promise<void> {
    try {
      await writeSidecar(this.#options.files, this.#options.folder, sealed);
    } catch (error) {
      // It only makes opening faster; it is made anew then.
      this.#options.logger.warn(
        { path: sealed.indexPath, err: (error as Error).message },
        "Could not write an index file",
      );
    }
  }

  #publish(segment: Segment): void {
    const { sequence, byteLength, commit } = segment;
    this.#options.publisher.publish({ segment: sequence, position: byteLength, commit });
  }

  /** Lets what was appended before become durable, then refuses with `reason`. */
  async close(reason: LogClosedError): Promise<void> {
    this.#closed = reason;
    while (this.#running !== undefined) await this.#running;
    await this.#active?.[Symbol.asyncDispose]();
    this.#active = undefined;
  }
}

function notesOfAll(requests: readonly AppendRequest[]): CommitNotes | undefined {
  const topics = requests.flatMap((request) => request.topics ?? []);
  const starts = requests.flatMap((request) => request.starts ?? []);
  const progress = requests.flatMap((request) => request.progress ?? []);
  if (topics.length + starts.length + progress.length === 0) return undefined;
  return {
    ...(topics.length > 0 && { topics }),
    ...(starts.length > 0 && { starts }),
    ...(progress.length > 0 && { progress }),
  };
}
