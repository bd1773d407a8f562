import { type Clock, describeError, type Logger } from "../../base/index.ts";
import type { DataFile } from "../../lake/index.ts";
import type { Log, LogChunk, TopicPosition } from "../../log/index.ts";
import { Positions } from "../positions.ts";
import { FrameStage } from "./frame-stage.ts";
import { readTogether } from "./read-together.ts";
import type { TableWriter } from "./table-writer.ts";

export interface LandFramesOptions {
  readonly log: Pick<Log, "read" | "bounds">;
  /** `raw.<feed>`, all of them. */
  readonly topics: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly commitAgeMs: number;
  readonly firstCommitAgeMs: number;
  /** A Parquet file is written whenever this many bytes are staged; of large frames sooner. */
  readonly frameBytes: number;
  /** Made and emptied here; nobody else's. */
  readonly spillFolder: string;
}

const CHUNK_BYTES_MAX = 1024 * 1024;
const LOOK_EVERY_MS = 100;
/** Taken while the log still has it in memory; less than this waits for the commit. */
const STEP_BYTES = 4 * 1024 * 1024;
const RETRY_MS_MAX = 60_000;
const RETRIES_MAX = 10;

/**
 * Copies the raw log into bronze.frames until aborted, and once more then, up to the log's end.
 *
 * @throws the last error when landing fails again and again; the frames stay in the raw log
 */
export async function landFrames(options: LandFramesOptions, writer: TableWriter): Promise<void> {
  await using landing = new FrameLanding(options, writer, new FrameStage(options.spillFolder));
  const { clock, signal, logger } = options;
  let lastCommitMs = clock.monotonicMs() - options.commitAgeMs + options.firstCommitAgeMs;
  let failures = 0;
  while (!signal.aborted) {
    await clock.sleep(Math.min(LOOK_EVERY_MS * 2 ** failures, RETRY_MS_MAX), { signal }).catch(() => {});
    try {
      const isDue = clock.monotonicMs() - lastCommitMs >= options.commitAgeMs;
      if (isDue || (await landing.waitingBytes()) >= STEP_BYTES) await landing.take();
      if (isDue) {
        await landing.commit();
        lastCommitMs = clock.monotonicMs();
      }
      failures = 0;
    } catch (error) {
      failures += 1;
      logger.error(
        { error: describeError(error), failures },
        "landing of frames failed; they stay in the raw log and are tried again",
      );
      if (failures >= RETRIES_MAX) throw error;
      await landing.startOver();
    }
  }
  await landing.take();
  await landing.commit();
}

/** Of a record that nothing is known of yet. */
const RECORD_BYTES = 250;

/** Frames taken from the log and not committed yet: staged rows, then files. */
class FrameLanding implements AsyncDisposable {
  readonly #options: LandFramesOptions;
  readonly #writer: TableWriter;
  readonly #stage: FrameStage;
  #files: DataFile[] = [];
  #taken: Positions;
  #takenBytes = 0;
  #takenRecords = 0;

  constructor(options: LandFramesOptions, writer: TableWriter, stage: FrameStage) {
    this.#options = options;
    this.#writer = writer;
    this.#stage = stage;
    this.#taken = Positions.of(writer.committed);
  }

  /** About how much the log has that was not taken: what a record takes is known of those before. */
  async waitingBytes(): Promise<number> {
    let records = 0;
    for (const topic of this.#options.topics) {
      for (const { partition, startOffset, endOffset } of await this.#options.log.bounds(topic))
        records += endOffset - this.#taken.resumeAt(topic, partition, startOffset);
    }
    return records * (this.#takenRecords === 0 ? RECORD_BYTES : this.#takenBytes / this.#takenRecords);
  }

  /** Takes what the log has now; commits whenever a file is full, so that a start after a stop need not take it again. */
  async take(): Promise<void> {
    const { log } = this.#options;
    for await (const chunk of readTogether(log, await this.#starts(), { maxBytes: CHUNK_BYTES_MAX }))
      await this.#add(chunk);
  }

  /** Commits what was taken. Until more is taken the stage costs nothing. */
  async commit(): Promise<void> {
    await this.#writeFile();
    await this.#stage.rest();
    await this.#commitFiles();
  }

  /** Forgets what is not committed; it is taken from the log again. */
  async startOver(): Promise<void> {
    const files = this.#files;
    this.#files = [];
    this.#taken = Positions.of(this.#writer.committed);
    await this.#stage.rest();
    await this.#writer.abandon(files);
  }

  async #add(chunk: LogChunk): Promise<void> {
    await this.#stage.add(chunk);
    this.#takenBytes += chunk.records.bytes.byteLength;
    this.#takenRecords += chunk.records.count;
    this.#taken.set({
      topic: chunk.topic,
      partition: chunk.partition,
      offset: chunk.firstOffset + chunk.records.count,
    });
    if (!this.#stage.isFull(this.#options.frameBytes)) return;
    await this.#writeFile();
    await this.#commitFiles();
  }

  async #commitFiles(): Promise<void> {
    await this.#writer.commit(this.#files, this.#taken);
    this.#files = [];
  }

  async #writeFile(): Promise<void> {
    if (this.#stage.rows === 0) return;
    const stage = this.#stage;
    this.#files.push(...(await this.#writer.stage({ run: (sql) => stage.run(sql), relation: stage.relation }, {})));
    await stage.clear();
  }

  async #starts(): Promise<readonly TopicPosition[]> {
    const starts: TopicPosition[] = [];
    for (const topic of this.#options.topics) {
      for (const { partition, startOffset } of await this.#options.log.bounds(topic)) {
        starts.push({ topic, partition, offset: this.#taken.resumeAt(topic, partition, startOffset) });
      }
    }
    return starts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage[Symbol.asyncDispose]();
  }
}
