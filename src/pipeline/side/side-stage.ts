import {
  type Abortable,
  abortable,
  backoffMs,
  type Clock,
  describeError,
  InternalError,
  K2Error,
  type Logger,
  type Random,
  recordAt,
  silentLogger,
  systemClock,
  systemRandom,
} from "../../base/index.ts";
import { FrameRecord, feedOfTopic } from "../../domain/index.ts";
import type { EventEntry } from "../event-entries.ts";
import type { EventSink, RawSource, TopicPosition } from "../ports.ts";
import { type Cursor, RawMerge, type RawPartition } from "../raw-merge.ts";
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import { encodeCheckpoint, readCheckpoint } from "./checkpoints.ts";
import type { SideShared, SideState } from "./side-state.ts";

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

/** The events of some frames: what one append takes. Reused from one to the next. */
export interface SideOutput {
  /** Of records that are waiting. */
  readonly byteLength: number;
  /** The listings that events name are those before this one. */
  readonly listingsEnd: number;
  /** Hands the events over; there are none afterwards. */
  takeEntries(): readonly EventEntry[];
  /** Forgets all: the events of frames that were taken in before. */
  clear(): void;
}

export interface SideStageOptions<State extends SideState<Output>, Output extends SideOutput> {
  /** For people: "books". */
  readonly name: string;
  readonly raw: RawSource;
  readonly events: EventSink;
  readonly rawTopics: readonly string[];
  /** The consumer group under which the progress on the raw topics is committed. */
  readonly group: string;
  /** Checkpoints: one partition, appended with the events up to them. Made where it is not there. */
  readonly stateTopic: string;
  readonly open: (feed: string, partition: number) => State;
  readonly output: Output;
  readonly shared?: SideShared | undefined;
  /** Resolves when the first `count` listings are in the event log; where events name none, there is nothing to wait for. */
  readonly whenListed?: ((count: number, options: Abortable) => Promise<void>) | undefined;
  /** Called after each append, before the output is cleared. @param latencyMs since the receipt of its last frame */
  readonly onDurable: (output: Output, latencyMs: number) => void;
  /**
   * So many frames that gave no events may go without their progress being committed: a start then reads them again, to the
   * same nothing. Default 0.
   */
  readonly idleFramesMax?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly framesMax?: number | undefined;
  /** Frame bytes between checkpoints, at least. */
  readonly checkpointBytes?: number | undefined;
}

interface Taken {
  frames: number;
  bytes: number;
}

/** One partition's state, and where it stands. */
interface Place<State> {
  readonly topic: string;
  readonly partition: number;
  readonly state: State;
  /** The next frame that the state wants. */
  offset: number;
}

/**
 * A stage beside the pipeline of trades, from the raw log to events of its own, exactly once: with its own progress, so
 * that neither waits for the other.
 */
export class SideStage<State extends SideState<Output>, Output extends SideOutput> {
  readonly #options: SideStageOptions<State, Output>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #places: Map<string, Place<State>> = new Map();
  readonly #progress: Map<string, TopicPosition> = new Map();
  /** Where the last checkpoint's states stand, and the checkpoint. */
  #kept: readonly TopicPosition[];
  #bytesSinceCheckpoint = 0;
  #checkpointDueBytes: number;
  #idleFrames = 0;
  #stalled: string | undefined;
  /** Receive time of the last frame taken in. */
  #lastUs = 0;

  private constructor(
    options: SideStageOptions<State, Output>,
    checkpoint: Awaited<ReturnType<typeof readCheckpoint>>,
    progress: readonly TopicPosition[],
  ) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#checkpointDueBytes = options.checkpointBytes ?? CHECKPOINT_BYTES;
    for (const position of progress) this.#progress.set(keyOf(position), position);
    if (checkpoint !== undefined) this.#read(new ByteReader(checkpoint.bytes));
    this.#kept = checkpoint === undefined ? [] : [checkpoint.at, ...this.#standing()];
  }

  /** Reads the last checkpoint. */
  static async open<State extends SideState<Output>, Output extends SideOutput>(
    options: SideStageOptions<State, Output>,
    { signal }: Abortable = {},
  ): Promise<SideStage<State, Output>> {
    const { events, stateTopic, group } = options;
    await events.ensureTopic({ topic: stateTopic, partitions: 1, retentionMs: STATE_RETENTION_MS });
    const checkpoint = await readCheckpoint(events, stateTopic, signal);
    return new SideStage(options, checkpoint, await events.progress(group));
  }

  states(): readonly State[] {
    return Array.from(this.#places.values(), ({ state }) => state);
  }

  /** Up to where (exclusive) each raw partition's events are durable. */
  positions(): readonly TopicPosition[] {
    return [...this.#progress.values()];
  }

  /** Why the last append must be tried again; undefined while all is well. */
  get stalled(): string | undefined {
    return this.#stalled;
  }

  /** What retention must keep for the next start: frames since the last checkpoint, and the checkpoint. */
  keepFrom(): readonly TopicPosition[] {
    const unwritten = [...this.#progress.values()].filter(
      (position) => this.#isRead(position) && !this.#isKept(position),
    );
    return [...this.#kept, ...unwritten.map((position) => ({ ...position, offset: 0 }))];
  }

  /** As Pipeline.run. */
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

  /** Brings each partition's state from the last checkpoint to where its events are durable. */
  async #rawPartitions(signal: AbortSignal): Promise<readonly RawPartition[]> {
    const partitions: RawPartition[] = [];
    for (const topic of this.#options.rawTopics) {
      for (const { partition, startOffset, endOffset } of await this.#options.raw.bounds(topic)) {
        const place = this.#place(topic, partition);
        const committed = this.#progress.get(keyOf(place))?.offset ?? startOffset;
        const isNew = !this.#isKept(place);
        if (isNew) place.offset = startOffset;
        // A feed that was not configured for long may have lost frames meanwhile: its state begins anew.
        const offset = isNew ? Math.max(startOffset, committed) : committed;
        await this.#catchUp(place, { startOffset, offset }, signal);
        this.#progress.set(keyOf(place), { topic, partition, offset });
        partitions.push({ topic, partition, offset, backlogEnd: endOffset });
      }
    }
    return partitions;
  }

  /** What these frames gave is in the event log: they only make the state what it was. */
  async #catchUp(
    place: Place<State>,
    { startOffset, offset }: { readonly startOffset: number; readonly offset: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { name, raw, output } = this.#options;
    const { topic, partition, state } = place;
    const from = state.neededFrom(place.offset);
    if (from >= offset) return;
    if (from < startOffset) {
      throw new InternalError(
        `The stage ${name} needs ${topic}/${partition} from offset ${from}, but retention has removed all before ${startOffset}. ` +
          "Nothing was changed. Retention must keep what its keepFrom() names",
      );
    }
    let at = from;
    const read = { follow: false, maxBytes: CHUNK_BYTES_MAX, signal };
    for await (const { records } of raw.read({ topic, partition, offset: from }, read)) {
      for (let index = 0; index < records.count && at < offset; index += 1, at += 1)
        this.#readAgain(place, new FrameRecord(recordAt(records, index)), at);
      output.clear();
      if (at >= offset) break;
      await new Promise(setImmediate);
    }
    state.rebuilt?.();
  }

  #readAgain(place: Place<State>, frame: FrameRecord, at: number): void {
    if (at < place.offset) {
      place.state.rebuild?.(frame, at);
      return;
    }
    place.state.rebuilt?.();
    if (place.state.takeAgain === undefined) place.state.take(frame, at, this.#options.output);
    else place.state.takeAgain(frame, at, this.#options.output);
    place.offset = at + 1;
    this.#bytesSinceCheckpoint += frame.payload.byteLength;
  }

  /** Takes in the frames that are there, up to the limits, and appends their events with the progress. */
  async #step(merge: RawMerge, signal: AbortSignal): Promise<void> {
    const { output, stateTopic, whenListed, idleFramesMax = 0 } = this.#options;
    output.clear();
    const { touched, frames } = this.#takeFrames(merge);
    const entries: EventEntry[] = [...output.takeEntries()];
    const progress = [...touched].map(({ topic, partition, offset }) => ({ topic, partition, offset }));
    const checkpoint = this.#checkpointIfDue();
    this.#idleFrames += frames;
    if (entries.length === 0 && checkpoint === undefined && this.#idleFrames <= idleFramesMax) {
      for (const position of progress) this.#progress.set(keyOf(position), position);
      this.#options.onDurable(output, 0);
      await new Promise(setImmediate);
      return;
    }
    if (checkpoint !== undefined)
      entries.push({ topic: stateTopic, partition: 0, records: encodeCheckpoint(checkpoint) });
    const standing = checkpoint === undefined ? [] : this.#standing();
    // No record stands in the log before the listing that it names.
    await whenListed?.(output.listingsEnd, { signal });
    const offsets = await this.#append(entries, this.#uncommitted(progress), signal);
    this.#idleFrames = 0;
    for (const position of progress) this.#progress.set(keyOf(position), position);
    if (checkpoint !== undefined) {
      const at = { topic: stateTopic, partition: 0, offset: offsets.at(-1) ?? 0 };
      this.#kept = [at, ...standing];
    }
  }

  /** Where frames may go without their progress, that of all partitions goes with the next append. */
  #uncommitted(progress: readonly TopicPosition[]): readonly TopicPosition[] {
    if ((this.#options.idleFramesMax ?? 0) === 0) return progress;
    const all = new Map([...this.#progress].filter(([, position]) => this.#isRead(position)));
    for (const position of progress) all.set(keyOf(position), position);
    return [...all.values()];
  }

  #takeFrames(merge: RawMerge): { readonly touched: ReadonlySet<Cursor>; readonly frames: number } {
    const touched = new Set<Cursor>();
    const taken = { frames: 0, bytes: 0 };
    for (let cursor = merge.peek(); cursor !== undefined && !this.#isFull(taken); cursor = merge.peek()) {
      this.#takeRun(cursor, merge.limitFor(cursor), taken);
      touched.add(cursor);
    }
    this.#bytesSinceCheckpoint += taken.bytes;
    return { touched, frames: taken.frames };
  }

  #takeRun(cursor: Cursor, limit: ReturnType<RawMerge["limitFor"]>, taken: Taken): void {
    const place = this.#place(cursor.topic, cursor.partition);
    for (let frame: FrameRecord | undefined = cursor.head(); frame !== undefined; frame = cursor.advance()) {
      const { timeUs } = frame;
      if (limit.strict ? timeUs >= limit.timeUs : timeUs > limit.timeUs) return;
      if (this.#isFull(taken)) return;
      place.state.take(frame, cursor.offset, this.#options.output);
      place.offset = cursor.offset + 1;
      this.#lastUs = timeUs;
      taken.frames += 1;
      taken.bytes += frame.payload.byteLength;
    }
  }

  #isFull({ frames, bytes }: Taken): boolean {
    const { framesMax = FRAMES_MAX, output } = this.#options;
    return frames >= framesMax || bytes >= BYTES_MAX || output.byteLength >= EVENT_BYTES_MAX;
  }

  async #append(
    entries: readonly EventEntry[],
    positions: readonly TopicPosition[],
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const { events, group, output, onDurable, name, random = systemRandom } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const offsets = await events.append(entries, { group, positions });
        this.#stalled = undefined;
        onDurable(output, Number(this.#clock.nowNs() / 1_000n) / 1_000 - this.#lastUs / 1_000);
        return offsets;
      } catch (error) {
        if (!(error instanceof K2Error) || error.remedy !== "retry") throw error;
        this.#stalled = describeError(error);
        this.#logger.warn(
          { stage: name, attempt, error: this.#stalled },
          "The event log did not take a stage's events; trying again",
        );
        await abortable(this.#clock.sleep(backoffMs(attempt, { ...BACKOFF_MS, random }), { signal }), signal);
      }
    }
  }

  #checkpointIfDue(): Uint8Array | undefined {
    const { shared } = this.#options;
    if (this.#bytesSinceCheckpoint < this.#checkpointDueBytes && shared?.mustBeKept !== true) return undefined;
    const places = [...this.#places.values()];
    const writer = new ByteWriter();
    writer.whole(places.length);
    for (const { topic, partition, offset, state } of places) {
      writer.text(topic);
      writer.whole(partition);
      writer.whole(offset);
      const bytes = new ByteWriter();
      state.write(bytes);
      writer.bytes(bytes.take());
    }
    shared?.write(writer);
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
      place.state.read(new ByteReader(state));
    }
    if (!reader.atEnd) this.#options.shared?.read(reader);
  }

  #isRead({ topic }: { readonly topic: string }): boolean {
    return this.#options.rawTopics.includes(topic);
  }

  #isKept(place: { readonly topic: string; readonly partition: number }): boolean {
    return this.#kept.some((kept) => keyOf(kept) === keyOf(place));
  }

  /** The frames that a start from the present state needs. */
  #standing(): readonly TopicPosition[] {
    return [...this.#places.values()].map(({ topic, partition, offset, state }) => ({
      topic,
      partition,
      offset: state.neededFrom(offset),
    }));
  }

  #place(topic: string, partition: number): Place<State> {
    const known = this.#places.get(keyOf({ topic, partition }));
    if (known !== undefined) return known;
    const place = { topic, partition, state: this.#options.open(feedOfTopic(topic) ?? topic, partition), offset: 0 };
    this.#places.set(keyOf(place), place);
    return place;
  }
}

function keyOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}
