import { join } from "node:path";
import { type Clock, type Files, systemClock, systemFiles } from "../../base/index.ts";
import { LogClosedError, TopicUnknownError } from "../errors.ts";
import type { LogChunk, LogReader, PartitionBounds, ReadOptions, TopicDescription, TopicPosition } from "../log.ts";
import { FollowedShard } from "./followed-shard.ts";
import { mergeProgress } from "./merge-progress.ts";
import { readPartition } from "./partition-reader.ts";
import { boundsOf } from "./shard-index.ts";
import { defaultShardOf, listShards, type ShardOf } from "./shard-names.ts";

export interface EmbeddedLogReaderConfig {
  /** The writer's folder. It need not be there yet. */
  readonly folder: string;
  /** As the writer has it. */
  readonly shardOf?: ShardOf;
  /** While a reader waits at the end, it looks for more this often at first; while nothing comes, ever less often. Default 5. */
  readonly pollMsMin?: number;
  /** Default 50. */
  readonly pollMsMax?: number;
  /** Recent frames kept in memory for readers, a shard. Default 16 MiB. */
  readonly cacheBytesMax?: number;
  readonly files?: Files;
  readonly clock?: Clock;
}

/** Opens a log for reading, beside its writer or when none runs. Takes no lock and writes nothing. */
export async function openEmbeddedLogReader(config: EmbeddedLogReaderConfig): Promise<LogReader> {
  return new EmbeddedLogReader(config);
}

class EmbeddedLogReader implements LogReader {
  readonly #config: EmbeddedLogReaderConfig;
  readonly #files: Files;
  readonly #shardOf: ShardOf;
  readonly #shards = new Map<string, FollowedShard>();
  #closed: LogClosedError | undefined;

  constructor(config: EmbeddedLogReaderConfig) {
    this.#config = config;
    this.#files = config.files ?? systemFiles;
    this.#shardOf = config.shardOf ?? defaultShardOf;
  }

  async *read(at: TopicPosition, options?: ReadOptions): AsyncGenerator<LogChunk> {
    this.#throwIfClosed();
    yield* readPartition(this.#shard(this.#shardOf(at.topic)), at, options);
  }

  async bounds(topic: string): Promise<readonly PartitionBounds[]> {
    this.#throwIfClosed();
    const shard = this.#shard(this.#shardOf(topic));
    await shard.refresh();
    const state = shard.index.topics.get(topic);
    if (state === undefined) throw new TopicUnknownError(topic);
    return boundsOf(state.partitions);
  }

  async topics(): Promise<readonly TopicDescription[]> {
    return (await this.#refreshAll()).flatMap(({ index }) => index.describe());
  }

  async progress(group: string): Promise<readonly TopicPosition[]> {
    return mergeProgress((await this.#refreshAll()).map(({ index }) => index.progressOf(group)));
  }

  async #refreshAll(): Promise<FollowedShard[]> {
    this.#throwIfClosed();
    for (const name of await listShards(this.#files, this.#config.folder)) this.#shard(name);
    const shards = [...this.#shards.values()];
    for (const shard of shards) await shard.refresh();
    return shards;
  }

  #shard(name: string): FollowedShard {
    let shard = this.#shards.get(name);
    if (shard === undefined) {
      const {
        folder,
        pollMsMin = 5,
        pollMsMax = 50,
        cacheBytesMax = 16 * 1024 * 1024,
        clock = systemClock,
      } = this.#config;
      const place = { files: this.#files, folder: join(folder, name), shard: name };
      shard = new FollowedShard({ ...place, clock, pollMsMin, pollMsMax, cacheBytesMax });
      this.#shards.set(name, shard);
    }
    return shard;
  }

  #throwIfClosed(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= new LogClosedError(this.#config.folder);
    for (const shard of this.#shards.values()) await shard.stop(this.#closed);
  }
}
