import {
  type Abortable,
  abortable,
  backoffMs,
  type Clock,
  describeError,
  InternalError,
  K2Error,
  type Logger,
  type Metrics,
  type Random,
  recordAt,
  silentLogger,
  systemClock,
  systemRandom,
} from "../../base/index.ts";
import { FrameRecord, feedOfTopic } from "../../domain/index.ts";
import type { EventEntry } from "../event-entries.ts";
import type { ListingDesk } from "../listing-book.ts";
import type { EventSink, RawSource, TopicPosition } from "../ports.ts";
import { type Cursor, RawMerge, type RawPartition } from "../raw-merge.ts";
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import { BookOutput } from "./book-output.ts";
import { BookPartition, type WantedSnapshot } from "./book-partition.ts";
import { type BookRules, SNAPSHOT_RULES, type SnapshotRules } from "./book-rules.ts";
import { BooksMetrics } from "./books-metrics.ts";
import { BOOKS_STATE_TOPIC, encodeCheckpoint, readCheckpoint } from "./books-state.ts";

/** Name of the consumer group under which the progress of books on the raw topics is committed. */
export const BOOKS_GROUP = "books";

/** A transaction ends at so many frames or bytes: small ones, so that trades, in the same thread, wait for none of them. */
const FRAMES_MAX = 1_024;
const BYTES_MAX = 512 * 1024;
const EVENT_BYTES_MAX = 2 * 1024 * 1024;
const CHUNK_BYTES_MAX = 512 * 1024;
/** A checkpoint is due after so many bytes of frames, and after eight times the size of the last one. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024;
const CHECKPOINT_SPACING = 8;
const BACKOFF_MS = { firstMs: 50, maxMs: 10_000 };
/** Checkpoints before the last are of no use. */
const STATE_RETENTION_MS = 3_600_000;

export interface BooksOptions {
  readonly raw: RawSource;
  /** Its event topics exist; market.gaps and market.quarantine have the partition BOOKS_PARTITION. */
  readonly events: EventSink;
  readonly rules: BookRules;
  /** Raw topics of the feeds whose book channels are read. */
  readonly rawTopics: readonly string[];
  /** Of the pipeline of trades, which alone writes listings. */
  readonly desk: ListingDesk;
  readonly snapshots?: SnapshotRules | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
  /** A book waits for the answer to a request; called for each message that waits, of frames that are new. */
  readonly onSnapshotWanted?: ((wanted: WantedSnapshot) => void) | undefined;
  readonly framesMax?: number | undefined;
  /** Frame bytes between checkpoints, at least. */
  readonly checkpointBytes?: number | undefined;
}

export interface BooksStatus {
  /** Up to where (exclusive) each raw partition's events are durable. */
  readonly positions: readonly TopicPosition[];
  readonly books: number;
  /** Of them, those that are proven now. */
  readonly proven: number;
  readonly levels: number;
  /** Why the last append must be tried again; undefined while all is well. */
  readonly stalled: string | undefined;
}

/**
 * Raw log → quotes, book changes, snapshots and the gaps of books, exactly once, beside the pipeline of trades: with its
 * own progress, so that neither waits for the other.
 */
export interface Books {
  /** As Pipeline.run. */
  run(options?: Abortable & { readonly follow?: boolean }): Promise<void>;
  status(): BooksStatus;
  /** What retention must keep for the next start: frames since the last checkpoint, and the checkpoint. */
  keepFrom(): readonly TopicPosition[];
}

/** Reads the last checkpoint. Makes `books.state` if it is not there. */
export async function openBooks(options: BooksOptions, { signal }: Abortable = {}): Promise<Books> {
  const { events } = options;
  await events.ensureTopic({ topic: BOOKS_STATE_TOPIC, partitions: 1, retentionMs: STATE_RETENTION_MS });
  const checkpoint = await readCheckpoint(events, signal);
  return new Runner(options, checkpoint, await events.progress(BOOKS_GROUP));
}

interface Taken {
  frames: number;
  bytes: number;
}

/** One partition's books, and where they stand. */
interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly books: BookPartition;
  /** The next frame that the books want. */
  offset: number;
}

class Runner implements Books {
  readonly #options: BooksOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: BooksMetrics;
  readonly #output = new BookOutput();
  readonly #places: Map<string, Place> = new Map();
  readonly #progress: Map<string, TopicPosition> = new Map();
  /** Where the last checkpoint's books stand, and the checkpoint. */
  #kept: readonly TopicPosition[];
  #bytesSinceCheckpoint = 0;
  #checkpointDueBytes: number;
  #stalled: string | undefined;
  /** Receive time of the last frame taken in. */
  #lastUs = 0;

  constructor(
    options: BooksOptions,
    checkpoint: Awaited<ReturnType<typeof readCheckpoint>>,
    progress: readonly TopicPosition[],
  ) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#metrics = new BooksMetrics(options.metrics);
    this.#checkpointDueBytes = options.checkpointBytes ?? CHECKPOINT_BYTES;
    for (const position of progress) this.#progress.set(keyOf(position), position);
    if (checkpoint !== undefined) this.#read(new ByteReader(checkpoint.bytes));
    this.#kept = checkpoint === undefined ? [] : [checkpoint.at, ...this.#standing()];
  }

  status(): BooksStatus {
    let [books, proven, levels] = [0, 0, 0];
    for (const place of this.#places.values()) {
      const counts = place.books.counts();
      books += counts.books;
      proven += counts.proven;
      levels += counts.levels;
    }
    return { positions: [...this.#progress.values()], books, proven, levels, stalled: this.#stalled };
  }

  keepFrom(): readonly TopicPosition[] {
    const unwritten = [...this.#progress.values()].filter(
      (position) => this.#isRead(position) && !this.#isKept(position),
    );
    return [...this.#kept, ...unwritten.map((position) => ({ ...position, offset: 0 }))];
  }

  async run({ signal, follow = true }: Abortable & { readonly follow?: boolean } = {}): Promise<void> {
    const stopped = new AbortController();
    const ended = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]);
    try {
      const merge = new RawMerge({
        partitions: await this.#rawPartitions(ended),
        source: this.#options.raw,
        follow,
        chunkBytesMax: CHUNK_BYTES_MAX,
        signal: ended,
      });
      while (await merge.ready()) await this.#step(merge, ended);
    } finally {
      stopped.abort();
    }
  }

  /** Brings each partition's books from the last checkpoint to where their events are durable. */
  async #rawPartitions(signal: AbortSignal): Promise<readonly RawPartition[]> {
    const partitions: RawPartition[] = [];
    for (const topic of this.#options.rawTopics) {
      for (const { partition, startOffset, endOffset } of await this.#options.raw.bounds(topic)) {
        const place = this.#place(topic, partition);
        const committed = this.#progress.get(keyOf(place))?.offset ?? startOffset;
        const isNew = !this.#isKept(place);
        if (isNew) place.offset = startOffset;
        // A feed that was not configured for long may have lost frames meanwhile: its books begin anew.
        const offset = isNew ? Math.max(startOffset, committed) : committed;
        await this.#catchUp(place, { startOffset, offset }, signal);
        this.#progress.set(keyOf(place), { topic, partition, offset });
        partitions.push({ topic, partition, offset, backlogEnd: endOffset });
      }
    }
    return partitions;
  }

  /** What these frames gave is in the event log: they only make the books what they were. */
  async #catchUp(
    place: Place,
    { startOffset, offset }: { readonly startOffset: number; readonly offset: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { topic, partition, books } = place;
    const from = books.neededFrom(place.offset);
    if (from >= offset) return;
    if (from < startOffset) {
      throw new InternalError(
        `The books need ${topic}/${partition} from offset ${from}, but retention has removed all before ${startOffset}. ` +
          "Nothing was changed. Retention must keep what Books.keepFrom() names",
      );
    }
    let at = from;
    const read = { follow: false, maxBytes: CHUNK_BYTES_MAX, signal };
    for await (const { records } of this.#options.raw.read({ topic, partition, offset: from }, read)) {
      for (let index = 0; index < records.count && at < offset; index += 1, at += 1)
        this.#readAgain(place, new FrameRecord(recordAt(records, index)), at);
      this.#output.clear();
      if (at >= offset) break;
      await new Promise(setImmediate);
    }
    books.rebuilt();
  }

  #readAgain(place: Place, frame: FrameRecord, at: number): void {
    if (at < place.offset) {
      place.books.rebuild(frame, at);
      return;
    }
    place.books.rebuilt();
    place.books.take(frame, at, this.#output);
    place.offset = at + 1;
    this.#bytesSinceCheckpoint += frame.payload.byteLength;
  }

  /** Takes in the frames that are there, up to the limits, and appends their events with the progress. */
  async #step(merge: RawMerge, signal: AbortSignal): Promise<void> {
    const output = this.#output;
    output.clear();
    const touched = this.#takeFrames(merge);
    const entries: EventEntry[] = [...output.takeEntries()];
    const progress = [...touched].map(({ topic, partition, offset }) => ({ topic, partition, offset }));
    const checkpoint = this.#checkpointIfDue();
    if (checkpoint !== undefined)
      entries.push({ topic: BOOKS_STATE_TOPIC, partition: 0, records: encodeCheckpoint(checkpoint) });
    const standing = checkpoint === undefined ? [] : this.#standing();
    // No record stands in the log before the listing that it names.
    await this.#options.desk.whenDurable(output.listingsEnd, { signal });
    const offsets = await this.#append(entries, progress, signal);
    for (const position of progress) this.#progress.set(keyOf(position), position);
    if (checkpoint !== undefined) {
      const at = { topic: BOOKS_STATE_TOPIC, partition: 0, offset: offsets.at(-1) ?? 0 };
      this.#kept = [at, ...standing];
    }
  }

  #takeFrames(merge: RawMerge): ReadonlySet<Cursor> {
    const touched = new Set<Cursor>();
    const taken = { frames: 0, bytes: 0 };
    for (let cursor = merge.peek(); cursor !== undefined && !this.#isFull(taken); cursor = merge.peek()) {
      this.#takeRun(cursor, merge.limitFor(cursor), taken);
      touched.add(cursor);
    }
    this.#bytesSinceCheckpoint += taken.bytes;
    return touched;
  }

  #takeRun(cursor: Cursor, limit: ReturnType<RawMerge["limitFor"]>, taken: Taken): void {
    const place = this.#place(cursor.topic, cursor.partition);
    for (let frame: FrameRecord | undefined = cursor.head(); frame !== undefined; frame = cursor.advance()) {
      const { timeUs } = frame;
      if (limit.strict ? timeUs >= limit.timeUs : timeUs > limit.timeUs) return;
      if (this.#isFull(taken)) return;
      place.books.take(frame, cursor.offset, this.#output);
      place.offset = cursor.offset + 1;
      this.#lastUs = timeUs;
      taken.frames += 1;
      taken.bytes += frame.payload.byteLength;
    }
  }

  #isFull({ frames, bytes }: Taken): boolean {
    const { framesMax = FRAMES_MAX } = this.#options;
    return frames >= framesMax || bytes >= BYTES_MAX || this.#output.byteLength >= EVENT_BYTES_MAX;
  }

  async #append(
    entries: readonly EventEntry[],
    positions: readonly TopicPosition[],
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const offsets = await this.#options.events.append(entries, { group: BOOKS_GROUP, positions });
        this.#stalled = undefined;
        this.#metrics.durable(this.#output.tally, Number(this.#clock.nowNs() / 1_000n) / 1_000 - this.#lastUs / 1_000);
        return offsets;
      } catch (error) {
        if (!(error instanceof K2Error) || error.remedy !== "retry") throw error;
        this.#stalled = describeError(error);
        this.#logger.warn(
          { attempt, error: this.#stalled },
          "The event log did not take the books' events; trying again",
        );
        const random = this.#options.random ?? systemRandom;
        await abortable(this.#clock.sleep(backoffMs(attempt, { ...BACKOFF_MS, random }), { signal }), signal);
      }
    }
  }

  #checkpointIfDue(): Uint8Array | undefined {
    if (this.#bytesSinceCheckpoint < this.#checkpointDueBytes) return undefined;
    const places = [...this.#places.values()];
    const writer = new ByteWriter();
    writer.whole(places.length);
    for (const { topic, partition, offset, books } of places) {
      writer.text(topic);
      writer.whole(partition);
      writer.whole(offset);
      const state = new ByteWriter();
      books.write(state);
      writer.bytes(state.take());
    }
    const bytes = writer.take();
    this.#bytesSinceCheckpoint = 0;
    if (this.#options.checkpointBytes === undefined)
      this.#checkpointDueBytes = Math.max(CHECKPOINT_BYTES, CHECKPOINT_SPACING * bytes.byteLength);
    return bytes;
  }

  #read(reader: ByteReader): void {
    for (let left = reader.whole(); left > 0; left -= 1) {
      const [topic, partition, offset, state] = [reader.text(), reader.whole(), reader.whole(), reader.bytes()];
      if (!this.#isRead({ topic })) continue; // Of a feed that is not configured any more.
      const place = this.#place(topic, partition);
      place.offset = offset;
      place.books.read(new ByteReader(state));
    }
  }

  #isRead({ topic }: { readonly topic: string }): boolean {
    return this.#options.rawTopics.includes(topic);
  }

  #isKept(place: { readonly topic: string; readonly partition: number }): boolean {
    return this.#kept.some((kept) => keyOf(kept) === keyOf(place));
  }

  /** The frames that a start from the present state needs. */
  #standing(): readonly TopicPosition[] {
    return [...this.#places.values()].map(({ topic, partition, offset, books }) => ({
      topic,
      partition,
      offset: books.neededFrom(offset),
    }));
  }

  #place(topic: string, partition: number): Place {
    const known = this.#places.get(keyOf({ topic, partition }));
    if (known !== undefined) return known;
    const { rules, desk, snapshots = SNAPSHOT_RULES, onSnapshotWanted } = this.#options;
    const feed = feedOfTopic(topic) ?? topic;
    const place = {
      topic,
      partition,
      books: new BookPartition({ feed, partition, rules, desk, snapshots, onSnapshotWanted }),
      offset: 0,
    };
    this.#places.set(keyOf(place), place);
    return place;
  }
}

function keyOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}
