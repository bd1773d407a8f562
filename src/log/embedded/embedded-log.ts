import { join } from "node:path";
import {
  type Clock,
  type Files,
  InvalidInputError,
  type Logger,
  type Metrics,
  silentLogger,
  systemClock,
  systemFiles,
} from "../../base/index.ts";
import { LogClosedError, LogFullError, TopicUnknownError } from "../errors.ts";
import type {
  GroupProgress,
  Log,
  LogChunk,
  LogEntry,
  PartitionBounds,
  ReadOptions,
  RetentionOptions,
  RetentionReport,
  TopicDescription,
  TopicOptions,
  TopicPosition,
} from "../log.ts";
import { ActiveSegment, type ActiveSegmentOptions } from "./active-segment.ts";
import { checkAppend, checkTopic } from "./check-append.ts";
import { DiskReserve } from "./disk-reserve.ts";
import { DurableEndPublisher } from "./durable-end.ts";
import { LogMetrics } from "./log-meters.ts";
import { mergeProgress } from "./merge-progress.ts";
import { readPartition } from "./partition-reader.ts";
import { recoverShard } from "./recover-shard.ts";
import { planRetention } from "./retention.ts";
import { Shard } from "./shard.ts";
import { boundsOf } from "./shard-index.ts";
import { defaultShardOf, listShards, type ShardOf } from "./shard-names.ts";
import { ShardWriter } from "./shard-writer.ts";
import { WriterLock } from "./writer-lock.ts";

export interface EmbeddedLogConfig {
  /** Made if it is not there. One writer at a time; any number of readers. */
  readonly folder: string;
  /**
   * Which shard, one sequence of files, a topic lives in; must never change for a topic. An append is atomic within
   * one shard. The name of a consumer group is asked too: progress without entries goes where it says.
   * Default: "raw" for what begins with `raw.`, "events" for all else.
   */
  readonly shardOf?: ShardOf;
  /** A segment file is sealed when the next frame would make it larger than this; retention removes whole ones. Default 64 MiB. */
  readonly segmentBytesMax?: number;
  /** How far a file is zeroed ahead for small frames, so that a sync writes data alone. Default 1 MiB. */
  readonly growStepBytes?: number;
  /** The first append of a group waits this long for others, 0 to 5. Default 0: what comes during a sync is the next group. */
  readonly commitDelayMs?: number;
  /** Appends that wait for their turn hold at most this much memory; further ones are refused. Default 256 MiB. */
  readonly waitingBytesMax?: number;
  /** Appends are refused rather than leave less than this free on the disk. Default 64 MiB. */
  readonly freeBytesMin?: number;
  /** Recent frames kept in memory for readers, a shard. Default 16 MiB. */
  readonly cacheBytesMax?: number;
  /**
   * What to do when something stored is not intact. Default "refuse": the log does not open. "set-aside" opens it
   * without what is damaged, which is kept under other names: only for an operator who has no copy to restore.
   */
  readonly onDamage?: "refuse" | "set-aside";
  readonly files?: Files;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
}

const MEBIBYTE = 1024 * 1024;
const GROUP_BYTES_MAX = 8 * MEBIBYTE;

type Settings = Required<Omit<EmbeddedLogConfig, "metrics">>;

interface OwnedShard {
  readonly shard: Shard;
  readonly writer: ShardWriter;
  readonly publisher: DurableEndPublisher;
}

/**
 * Opens the log in a folder for writing, and recovers what a killed writer left.
 *
 * @throws {LogLockedError} when another writer has it
 * @throws {LogCorruptError} when something that was acknowledged is not intact
 */
export async function openEmbeddedLog(config: EmbeddedLogConfig): Promise<Log> {
  const settings = settingsOf(config);
  const { files, folder } = settings;
  await files.makeFolder(folder);
  const lock = await WriterLock.acquire(files, folder);
  const log = new EmbeddedLog(settings, lock, config.metrics);
  try {
    for (const shard of await listShards(files, folder)) await log.openShard(shard);
    return log;
  } catch (error) {
    await log[Symbol.asyncDispose]();
    throw error;
  }
}

function settingsOf(config: EmbeddedLogConfig): Settings {
  const settings: Settings = {
    folder: config.folder,
    shardOf: config.shardOf ?? defaultShardOf,
    segmentBytesMax: config.segmentBytesMax ?? 64 * MEBIBYTE,
    growStepBytes: config.growStepBytes ?? MEBIBYTE,
    commitDelayMs: config.commitDelayMs ?? 0,
    waitingBytesMax: config.waitingBytesMax ?? 256 * MEBIBYTE,
    freeBytesMin: config.freeBytesMin ?? 64 * MEBIBYTE,
    cacheBytesMax: config.cacheBytesMax ?? 16 * MEBIBYTE,
    onDamage: config.onDamage ?? "refuse",
    files: config.files ?? systemFiles,
    clock: config.clock ?? systemClock,
    logger: config.logger ?? silentLogger,
  };
  if (!(settings.commitDelayMs >= 0 && settings.commitDelayMs <= 5)) {
    throw new InvalidInputError(`The log's commitDelayMs is ${settings.commitDelayMs}; it must lie between 0 and 5`);
  }
  return settings;
}

class EmbeddedLog implements Log {
  readonly #settings: Settings;
  readonly #lock: WriterLock;
  readonly #metrics: LogMetrics;
  readonly #shards = new Map<string, OwnedShard>();
  readonly #reserve: DiskReserve;
  #commit = 0;
  /** Topics are made, and retention is applied, one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed: LogClosedError | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings, lock: WriterLock, metrics: Metrics | undefined) {
    this.#settings = settings;
    this.#lock = lock;
    this.#reserve = new DiskReserve(settings.files, settings.folder);
    const shards = this.#shards;
    this.#metrics = new LogMetrics(metrics, function* () {
      for (const { shard } of shards.values()) yield shard.index;
    });
  }

  async openShard(name: string): Promise<OwnedShard> {
    const { files, clock, logger, cacheBytesMax, commitDelayMs, waitingBytesMax } = this.#settings;
    const folder = join(this.#settings.folder, name);
    await files.makeFolder(folder);
    const { onDamage } = this.#settings;
    const { index, tornBytes, startsAfterLoss } = await recoverShard({ files, folder, shard: name, logger, onDamage });
    if (tornBytes > 0) this.#metrics.tornTail(name);
    this.#commit = Math.max(this.#commit, index.commit);
    const publisher = await DurableEndPublisher.open(files, folder, clock);
    const segment: ActiveSegmentOptions = { ...this.#settings, folder };
    const { active } = index;
    const file = active && (await ActiveSegment.resume(active.path, active.byteLength, segment));
    if (active !== undefined) {
      publisher.publish({ segment: active.sequence, position: active.byteLength, commit: active.commit });
    }
    const shard = new Shard({ files, folder, index, cacheBytesMax });
    const nextCommit = (): number => {
      this.#commit += 1;
      return this.#commit;
    };
    const meters = this.#metrics.of(name);
    const options = {
      files,
      clock,
      logger,
      folder,
      segment,
      publisher,
      meters,
      nextCommit,
      commitDelayMs,
      waitingBytesMax,
    };
    const writer = new ShardWriter(shard, { ...options, groupBytesMax: GROUP_BYTES_MAX }, file);
    const owned = { shard, writer, publisher };
    this.#shards.set(name, owned);
    if (startsAfterLoss.length > 0) await this.#moveStarts(owned, startsAfterLoss);
    await this.#reserve.fill();
    return owned;
  }

  ensureTopic(topic: TopicOptions): Promise<void> {
    checkTopic(topic);
    return this.#inTurn(async () => {
      const owned = await this.#ownedShard(topic.topic);
      const known = owned.shard.index.topics.get(topic.topic);
      const partitions = Math.max(topic.partitions, known?.options.partitions ?? 0);
      const { retentionMs, retentionBytes } = topic;
      const same = known?.options.retentionMs === retentionMs && known?.options.retentionBytes === retentionBytes;
      if (same && known?.options.partitions === partitions) return;
      const id = known?.id ?? owned.shard.index.nextTopicId();
      await owned.writer.append({ entries: [], topics: [{ ...topic, id, partitions }] });
      await owned.publisher.flush().catch(() => {}); // Readers beside us may ask for it at once; it is tried again if not.
    });
  }

  async append(entries: readonly LogEntry[], progress?: GroupProgress): Promise<readonly number[]> {
    this.#throwIfClosed();
    if (entries.length === 0 && progress === undefined) return [];
    const shard = checkAppend(entries, progress, this.#settings.shardOf, (topic) => this.#topic(topic));
    const owned = this.#shards.get(shard) ?? (await this.#inTurn(() => this.#ownedShard(progress?.group ?? "")));
    return owned.writer.append({ entries, progress });
  }

  #topic(topic: string): TopicOptions | undefined {
    return this.#shards.get(this.#settings.shardOf(topic))?.shard.index.topics.get(topic)?.options;
  }

  async #ownedShard(topicOrGroup: string): Promise<OwnedShard> {
    this.#throwIfClosed();
    const name = this.#settings.shardOf(topicOrGroup);
    const known = this.#shards.get(name);
    if (known !== undefined) return known;
    const owned = await this.openShard(name);
    await this.#settings.files.syncFolder(this.#settings.folder); // The shard's own name must outlive a power cut too.
    return owned;
  }

  async *read(at: TopicPosition, options?: ReadOptions): AsyncGenerator<LogChunk> {
    this.#throwIfClosed();
    yield* readPartition(this.#shardWith(at.topic).shard, at, options);
  }

  #shardWith(topic: string): OwnedShard {
    const owned = this.#shards.get(this.#settings.shardOf(topic));
    if (owned === undefined) throw new TopicUnknownError(topic);
    return owned;
  }

  async bounds(topic: string): Promise<readonly PartitionBounds[]> {
    this.#throwIfClosed();
    const state = this.#shardWith(topic).shard.index.topics.get(topic);
    if (state === undefined) throw new TopicUnknownError(topic);
    return boundsOf(state.partitions);
  }

  async topics(): Promise<readonly TopicDescription[]> {
    this.#throwIfClosed();
    return [...this.#shards.values()].flatMap(({ shard }) => shard.index.describe());
  }

  async progress(group: string): Promise<readonly TopicPosition[]> {
    this.#throwIfClosed();
    return mergeProgress([...this.#shards.values()].map(({ shard }) => shard.index.progressOf(group)));
  }

  applyRetention(options: RetentionOptions): Promise<RetentionReport> {
    return this.#inTurn(async () => {
      this.#throwIfClosed();
      let [segmentsRemoved, bytesRemoved] = [0, 0];
      for (const owned of this.#shards.values()) {
        const { remove, starts } = planRetention(owned.shard.index, options);
        if (remove.length === 0) continue;
        if (starts.length > 0) await this.#moveStarts(owned, starts);
        await owned.shard.remove(remove);
        segmentsRemoved += remove.length;
        bytesRemoved += remove.reduce((sum, { byteLength }) => sum + byteLength, 0);
      }
      await this.#reserve.fill();
      return { segmentsRemoved, bytesRemoved };
    });
  }

  /**
   * Durable, and known to readers beside us, before any file goes: so a missing file is never taken for a removed one.
   * On a disk without a single byte free, the reserve is what this is written to.
   */
  async #moveStarts({ writer, publisher }: OwnedShard, starts: readonly TopicPosition[]): Promise<void> {
    const request = { entries: [], starts, urgent: true };
    try {
      await writer.append(request);
    } catch (error) {
      if (!(error instanceof LogFullError)) throw error;
      await this.#reserve.release();
      await writer.append(request);
    }
    try {
      await publisher.flush();
    } catch {
      await this.#reserve.release();
      await publisher.flush();
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => {});
    return result;
  }

  #throwIfClosed(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }

  /** Waits until what was appended is durable; readers that wait are told that the log is closed. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close(new LogClosedError(this.#settings.folder));
    return this.#closing;
  }

  async #close(reason: LogClosedError): Promise<void> {
    this.#closed = reason;
    await this.#turn;
    for (const { shard, writer, publisher } of this.#shards.values()) {
      await writer.close(reason);
      await publisher[Symbol.asyncDispose]();
      shard.close(reason);
    }
    this.#lock[Symbol.dispose]();
  }
}
