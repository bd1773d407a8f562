import {
  type Abortable,
  abortable,
  backoffMs,
  type Clock,
  describeError,
  K2Error,
  type Logger,
  type Metrics,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "../base/index.ts";
import { type Bar, feedOfTopic, type Listings, TOPICS } from "../domain/index.ts";
import type { BarRules } from "./bar-rules.ts";
import type { OpenBarsFilter } from "./candles.ts";
import { FeedTally } from "./counters.ts";
import type { DeduperOptions } from "./dedupe.ts";
import { EventEncoder, type PartitionCounts } from "./event-entries.ts";
import type { GapDesk } from "./id-continuity.ts";
import type { IntakePartition, TakenIn } from "./intake.ts";
import type { ListingBook, ListingDesk } from "./listing-book.ts";
import { PipelineMetrics } from "./pipeline-metrics.ts";
import type { DurableEvents, PipelineStatus } from "./pipeline-status.ts";
import type { EventSink, FeedRules, RawSource, RecallBars, TopicPosition } from "./ports.ts";
import { type Cursor, RawMerge, type RawPartition } from "./raw-merge.ts";
import type { Stages } from "./stages.ts";
import { type Recovered, recover } from "./state/recovery.ts";
import { encodeState, STATE_TOPIC } from "./state/state-records.ts";
import { checkOffsets, EventEnds, Transaction } from "./transaction.ts";

/** Name of the consumer group under which the pipeline's progress on the raw topics is committed. */
export const PIPELINE_GROUP = "pipeline";

/** A transaction ends at this many frames or bytes, or when no more frames are waiting. */
const FRAMES_MAX = 8_192;
const BYTES_MAX = 4 * 1024 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;
/** A checkpoint is due after this many bytes of events, and after eight times the size of the last one. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024;
const CHECKPOINT_SPACING = 8;
const BACKOFF_MS = { firstMs: 50, maxMs: 10_000 };

export interface PipelineOptions {
  readonly raw: RawSource;
  /** Often the same log as `raw`. Its event topics exist. */
  readonly events: EventSink;
  readonly rules: FeedRules;
  /** Raw topics to read, each with the partitions it has at `run`. */
  readonly rawTopics: readonly string[];
  readonly recall: RecallBars;
  /** Called once a transaction, after it is durable, in order. */
  readonly onEvents?: ((events: DurableEvents) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
  readonly bars?: BarRules | undefined;
  readonly dedupe?: DeduperOptions | undefined;
  readonly framesMax?: number | undefined;
  /** Read of a partition at once; default 1 MiB. The more, the larger are the transactions over a backlog, up to 4 MiB. */
  readonly chunkBytesMax?: number | undefined;
  /** Event bytes between checkpoints, at least. */
  readonly checkpointBytes?: number | undefined;
}

export interface RunOptions extends Abortable {
  /** True (the default) goes on until aborted; false ends with the frames that are there. */
  readonly follow?: boolean;
}

/**
 * Raw log → event log, exactly once: each append carries some frames' events and the progress on their partitions,
 * so that after a stop at any instruction the next start goes on as if nothing had happened.
 */
export interface Pipeline {
  /**
   * Runs until aborted (then rejects with the signal's reason, the append in flight being done) or, with `follow: false`,
   * through what is there. Can be called once: after an error, open the pipeline anew.
   */
  run(options?: RunOptions): Promise<void>;
  readonly listings: Listings;
  /** For other stages that name listings. What they take is written while `run` runs. */
  readonly listingDesk: ListingDesk;
  /** Bars that are not closed yet, `complete: false`, as of the last frame taken in. */
  openBars(filter?: OpenBarsFilter): readonly Bar[];
  status(): PipelineStatus;
  /** What is missing, as of the last frame taken in: for those who ask the venue for it. */
  readonly gapDesk: GapDesk;
  /** What retention must keep for the next start: raw frames not taken in, events and state since the last checkpoint. */
  keepFrom(): readonly TopicPosition[];
}

/** Rebuilds the state from the event log. Makes `pipeline.state` if it is not there. */
export async function openPipeline(options: PipelineOptions, { signal }: Abortable = {}): Promise<Pipeline> {
  await options.events.ensureTopic({ topic: STATE_TOPIC, partitions: 1 });
  const recovered = await recover(options.events, options, { signal });
  const progress = await options.events.progress(PIPELINE_GROUP);
  return new Runner(options, recovered, progress);
}

class Runner implements Pipeline {
  readonly #options: PipelineOptions;
  readonly #stages: Stages;
  readonly #book: ListingBook;
  readonly #encoder: EventEncoder;
  readonly #ends: EventEnds;
  readonly #metrics: PipelineMetrics;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #intakePartitions: Map<Cursor, IntakePartition> = new Map();
  readonly #progress: Map<string, TopicPosition> = new Map();
  /** Two, so that one is prepared while the other is being appended. */
  #free: Transaction[] = [new Transaction(), new Transaction()];
  #checkpointOffset: number | undefined;
  #checkpointPositions: readonly TopicPosition[];
  #bytesSinceCheckpoint = 0;
  #checkpointDueBytes: number;
  #prepared = 0;
  #durable = 0;
  #durableTickUs: number;
  #durableKeep: readonly TopicPosition[];
  #durableBars: readonly TopicPosition[];
  readonly #durableCounts: Map<string, FeedTally> = new Map();
  #stalled: string | undefined;

  constructor(options: PipelineOptions, recovered: Recovered, progress: readonly TopicPosition[]) {
    this.#options = options;
    this.#stages = recovered.stages;
    this.#book = recovered.book;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#metrics = new PipelineMetrics(options.metrics);
    const counts: Record<string, number> = {};
    const ends: TopicPosition[] = [];
    for (const [topic, bounds] of recovered.bounds) {
      counts[topic] = Math.max(1, bounds.length);
      for (const { partition, endOffset } of bounds) ends.push({ topic, partition, offset: endOffset });
    }
    this.#encoder = new EventEncoder(counts satisfies PartitionCounts, recovered.book.listings);
    this.#ends = new EventEnds(ends);
    this.#checkpointOffset = recovered.checkpointOffset;
    this.#checkpointPositions = recovered.checkpointPositions;
    this.#checkpointDueBytes = options.checkpointBytes ?? CHECKPOINT_BYTES;
    this.#durableTickUs = recovered.stages.candles.clockUs;
    for (const position of progress) this.#progress.set(`${position.topic}/${position.partition}`, position);
    this.#bytesSinceCheckpoint = recovered.bytesSinceCheckpoint;
    this.#durableKeep = this.#keepNow();
    this.#durableBars = this.#ends.of(TOPICS.bars);
    for (const [feed, counts] of Object.entries(recovered.stages.counts()))
      tallyIn(this.#durableCounts, feed).add(counts);
  }

  get listings(): Listings {
    return this.#book.listings;
  }

  get listingDesk(): ListingDesk {
    return this.#book;
  }

  openBars(filter?: OpenBarsFilter): readonly Bar[] {
    return this.#stages.candles.openBars(filter);
  }

  status(): PipelineStatus {
    return {
      feeds: Object.fromEntries([...this.#durableCounts].map(([feed, tally]) => [feed, tally.snapshot()])),
      positions: [...this.#progress.values()],
      receiveTimeUs: this.#durableTickUs,
      transactions: this.#durable,
      stalled: this.#stalled,
    };
  }

  get gapDesk(): GapDesk {
    return this.#stages;
  }

  keepFrom(): readonly TopicPosition[] {
    return [...this.#progress.values(), ...this.#durableKeep];
  }

  async run({ signal, follow = true }: RunOptions = {}): Promise<void> {
    const stopped = new AbortController();
    const ended = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]);
    const merge = new RawMerge({
      partitions: await this.#rawPartitions(),
      source: this.#options.raw,
      follow,
      chunkBytesMax: this.#options.chunkBytesMax ?? CHUNK_BYTES_MAX,
      signal: ended,
    });
    let appending: Promise<void> = Promise.resolve();
    this.#book.onTaken = () => merge.wake();
    try {
      while (await merge.ready(() => this.#book.isWaiting)) {
        const transaction = await this.#prepare(merge, ended);
        await appending;
        appending = this.#append(transaction, ended);
        appending.catch((error: unknown) => merge.fail(error)); // Ends the wait for frames, should there be none.
      }
      await appending;
    } catch (error) {
      this.#book.fail(error);
      throw error;
    } finally {
      stopped.abort();
      await appending.catch(() => {});
    }
  }

  async #rawPartitions(): Promise<readonly RawPartition[]> {
    const partitions: RawPartition[] = [];
    for (const topic of this.#options.rawTopics) {
      for (const { partition, startOffset, endOffset } of await this.#options.raw.bounds(topic)) {
        const offset = this.#progress.get(`${topic}/${partition}`)?.offset ?? startOffset;
        partitions.push({ topic, partition, offset, backlogEnd: endOffset });
        this.#progress.set(`${topic}/${partition}`, { topic, partition, offset });
      }
    }
    return partitions;
  }

  /** Takes in the frames that are there, up to the limits, and makes their events. */
  async #prepare(merge: RawMerge, signal: AbortSignal): Promise<Transaction> {
    const transaction = this.#free.pop() ?? new Transaction();
    this.#prepared += 1;
    transaction.begin(this.#prepared, this.#clock.monotonicMs());
    const { taken } = transaction;
    const framesMax = this.#options.framesMax ?? FRAMES_MAX;
    const touched = new Set<Cursor>();
    for (let cursor = merge.peek(); cursor !== undefined; cursor = merge.peek()) {
      this.#takeRun(cursor, merge.limitFor(cursor), framesMax, taken);
      touched.add(cursor);
      if (taken.frames >= framesMax || taken.bytes >= BYTES_MAX) break;
    }
    await this.#recall(taken, signal);
    const { bars, number } = transaction;
    this.#stages.candles.apply(taken.trades, taken, { transaction: number, push: (bar) => void bars.push(bar) });
    this.#stages.candles.forget(this.#durable);
    this.#stages.quality.apply(taken, transaction.minutes);
    this.#stages.count(taken);
    this.#seal(transaction, [...touched]);
    return transaction;
  }

  #takeRun(
    cursor: Cursor,
    limit: { readonly timeUs: number; readonly strict: boolean },
    framesMax: number,
    taken: TakenIn,
  ): void {
    const partition = this.#intakePartition(cursor);
    const intake = this.#stages.intake;
    for (let frame: ReturnType<Cursor["advance"]> = cursor.head(); frame !== undefined; frame = cursor.advance()) {
      const timeUs = frame.timeUs;
      if (limit.strict ? timeUs >= limit.timeUs : timeUs > limit.timeUs) return;
      if (taken.frames >= framesMax || taken.bytes >= BYTES_MAX) return;
      intake.take(frame, partition, cursor.offset, taken);
    }
  }

  #intakePartition(cursor: Cursor): IntakePartition {
    const known = this.#intakePartitions.get(cursor);
    if (known !== undefined) return known;
    const partition = this.#stages.intake.partition(feedOfTopic(cursor.topic) ?? cursor.topic, cursor.partition);
    this.#intakePartitions.set(cursor, partition);
    return partition;
  }

  async #recall(taken: TakenIn, signal: AbortSignal): Promise<void> {
    const keys = this.#stages.candles.missing(taken.trades);
    if (keys.length === 0) return;
    // Only what is durable was forgotten; that far the answer must reach.
    const recalled = await abortable(this.#options.recall(keys, { durable: this.#durableBars, signal }), signal);
    this.#stages.candles.putRecalled(keys, recalled);
  }

  /** Encodes the events, with the state that must stand beside them and the progress that they stand for. */
  #seal(transaction: Transaction, touched: readonly Cursor[]): void {
    const { taken } = transaction;
    transaction.listings = this.#book.takeCreated();
    const encoded = this.#encoder.encode(
      {
        listings: transaction.listings,
        trades: taken.trades,
        bars: transaction.bars,
        minutes: transaction.minutes,
        gaps: taken.gaps,
        refusals: taken.refusals,
      },
      (topic, partition) => this.#ends.next(topic, partition),
    );
    const expected = this.#ends.reserve(encoded.entries);
    for (const { records } of encoded.entries) this.#bytesSinceCheckpoint += records.bytes.byteLength;
    const state = { topic: STATE_TOPIC, partition: 0, records: this.#encodeState(taken) };
    transaction.entries = [...encoded.entries, state];
    transaction.expected = [...expected, ...this.#ends.reserve([state])];
    transaction.positions = encoded.positions;
    transaction.progress = touched.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  }

  #encodeState(taken: TakenIn) {
    const change = this.#stages.change(taken);
    const nextOffset = this.#ends.next(STATE_TOPIC, 0);
    this.#bytesSinceCheckpoint += change.byteLength;
    const before = this.#checkpointOffset;
    if (this.#bytesSinceCheckpoint < this.#checkpointDueBytes) {
      return encodeState(change, undefined, { checkpointOffset: before, nextOffset });
    }
    const positions = this.#ends.of(TOPICS.bars, TOPICS.trades);
    const checkpoint = this.#stages.checkpoint(positions);
    this.#checkpointOffset = nextOffset + 1;
    this.#checkpointPositions = positions;
    this.#bytesSinceCheckpoint = 0;
    this.#checkpointDueBytes = Math.max(
      this.#options.checkpointBytes ?? CHECKPOINT_BYTES,
      this.#options.checkpointBytes === undefined ? CHECKPOINT_SPACING * checkpoint.byteLength : 0,
    );
    return encodeState(change, checkpoint, { checkpointOffset: before, nextOffset });
  }

  /** All or nothing, as often as it takes; then the events are told. */
  async #append(transaction: Transaction, signal: AbortSignal): Promise<void> {
    const keep = this.#keepNow();
    const bars = this.#ends.of(TOPICS.bars);
    const tickUs = this.#stages.candles.clockUs;
    const progress = { group: PIPELINE_GROUP, positions: transaction.progress };
    for (let attempt = 0; ; attempt += 1) {
      try {
        checkOffsets(transaction, await this.#options.events.append(transaction.entries, progress));
        break;
      } catch (error) {
        if (!(error instanceof K2Error) || error.remedy !== "retry") throw error;
        this.#stalled = describeError(error);
        this.#logger.warn({ attempt, error: this.#stalled }, "The event log did not take the events; trying again");
        const random = this.#options.random ?? systemRandom;
        await this.#clock.sleep(backoffMs(attempt, { ...BACKOFF_MS, random }), { signal });
      }
    }
    this.#stalled = undefined;
    this.#book.written(transaction.listings);
    this.#durable = transaction.number;
    this.#durableTickUs = tickUs;
    this.#durableKeep = keep;
    this.#durableBars = bars;
    for (const [feed, tally] of transaction.taken.tallies) tallyIn(this.#durableCounts, feed).add(tally);
    for (const position of transaction.progress)
      this.#progress.set(`${position.topic}/${position.partition}`, position);
    this.#tell(transaction);
    this.#free.push(transaction);
  }

  #tell(transaction: Transaction): void {
    const { taken, bars, minutes, listings, positions } = transaction;
    for (const [feed, tally] of taken.tallies) this.#metrics.feed(feed, tally);
    this.#metrics.trades(taken.trades, this.#book.listings);
    this.#metrics.refusals(taken.refusals);
    this.#metrics.bars(bars);
    const oldestUs = taken.trades.length === 0 ? undefined : taken.trades.receiveTimeUs[0];
    const nowMs = Number(this.#clock.nowNs() / 1000n) / 1000;
    const latencyMs = oldestUs === undefined ? undefined : nowMs - oldestUs / 1000;
    this.#metrics.chunk((this.#clock.monotonicMs() - transaction.startedMs) / 1000, latencyMs);
    const { trades, gaps, refusals } = taken;
    this.#options.onEvents?.({ listings, trades, tradePositions: positions, bars, minutes, gaps, refusals });
  }

  #keepNow(): readonly TopicPosition[] {
    const state = { topic: STATE_TOPIC, partition: 0, offset: this.#checkpointOffset ?? 0 };
    const listings = { topic: TOPICS.listings, partition: 0, offset: 0 };
    const checkpointed = this.#ends.of(TOPICS.bars, TOPICS.trades).map(({ topic, partition }) => {
      const at = this.#checkpointPositions.find((one) => one.topic === topic && one.partition === partition);
      return { topic, partition, offset: at?.offset ?? 0 };
    });
    return [state, listings, ...checkpointed];
  }
}

function tallyIn(tallies: Map<string, FeedTally>, feed: string): FeedTally {
  const known = tallies.get(feed) ?? new FeedTally();
  tallies.set(feed, known);
  return known;
}
