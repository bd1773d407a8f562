import {
  type Clock,
  describeError,
  InvalidInputError,
  type Logger,
  systemClock,
  systemRandom,
} from "../../base/index.ts";
import type { PieceCounts } from "../../imports/index.ts";
import { type Log, LogLockedError } from "../../log/index.ts";
import type { DurableEvents, Pipeline } from "../../pipeline/index.ts";
import type { QueryEngine } from "../../query/index.ts";
import { capturedFeeds } from "../capture.ts";
import type { Config } from "../config.ts";
import { openDataPath } from "../data-path.ts";
import { feedRules } from "../feed-rules.ts";
import { TOPIC_OF_TABLE } from "../landing/land-events.ts";
import { Owned } from "../owned.ts";

export interface ImportEngineOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Raw topics that this import writes to. */
  readonly topics: readonly string[];
  /** Raw topics of feeds that are taken in besides; they exist. */
  readonly besides?: (log: Log) => Promise<readonly string[]>;
  readonly onEvents: (events: DurableEvents) => void;
  /** Told what became of the rows of each piece of a file of books or venue data. */
  readonly onPiece?: (counts: PieceCounts) => void;
}

/** K2 without capture and without an API: the path from the raw log to the lake, for files. */
export interface ImportEngine extends AsyncDisposable {
  readonly log: Log;
  readonly pipeline: Pipeline;
  readonly query: QueryEngine;
  /** Rejects when a part has stopped for good; never resolves. */
  readonly failed: Promise<never>;
  /** Resolves when every piece so far is in the event log. */
  taken(): Promise<void>;
  /** Resolves when questions see what every piece so far became. */
  visible(): Promise<void>;
  /** Waits while too much is on its way to the lake. */
  keepPace(): Promise<void>;
  /** Puts everything into the lake, and stops. Without it, disposing leaves the rest to the next start. */
  finish(): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** Pieces that may wait for the pipeline: some megabytes. */
const PIECES_AHEAD_MAX = 256;
/** Between two looks whether a wait is over: the longer it lasts, the more. */
const LOOK_EVERY_MS = { first: 1, max: 25 };
/** Rows wait for a full step, not for time: an import has more coming. */
const COMMIT_AGE_MS = 3_600_000;
/** As many rows as the store has room for beside the sorting of those that land. */
const COMMIT_ROWS = 400_000;
const STEP_ROWS = 400_000;
const UNLANDED_ROWS_MAX = 800_000;
const STORE_BYTES_MIN = 512 * 1024 * 1024;

/** @throws {InvalidInputError} when a K2 runs on the data folder */
export async function openImportEngine(config: Config, options: ImportEngineOptions): Promise<ImportEngine> {
  const owned = new Owned();
  try {
    return await open(config, options, owned);
  } catch (error) {
    await owned.dispose();
    throw error instanceof LogLockedError ? runningError(config, error) : error;
  }
}

function runningError({ folder }: Config, cause: LogLockedError): InvalidInputError {
  return new InvalidInputError(
    `A K2 or another import writes to ${folder} now, and there can be only one. Nothing was imported. Stop it (Ctrl-C, or a ` +
      "SIGTERM, ends k2 up cleanly), import, and start it again: it goes on where it stopped",
    { cause },
  );
}

async function open(config: Config, options: ImportEngineOptions, owned: Owned): Promise<ImportEngine> {
  const { logger, clock = systemClock, topics, onEvents, onPiece } = options;
  const feeds = capturedFeeds(config.feeds);
  const path = await openDataPath(
    config,
    {
      ...{ feeds, isCapturing: false, rules: feedRules(feeds) },
      rawTopics: async (log) => {
        await makeTopics(config, log, topics);
        return (await options.besides?.(log)) ?? [];
      },
      store: {
        memoryBytes: Math.max(STORE_BYTES_MIN, config.store.memoryBytes),
        isBulk: true,
        segmentRowsMax: STEP_ROWS,
      },
      onEvents,
      ...(onPiece === undefined ? {} : { onImportPiece: onPiece }),
      ...{ clock, random: systemRandom, logger },
    },
    owned,
  );
  const { log, store, pipeline, query, writers, tasks, behind, isVisible } = path;
  path.derive();
  path.land({
    commitAgeMs: COMMIT_AGE_MS,
    firstCommitAgeMs: COMMIT_AGE_MS,
    commitRows: COMMIT_ROWS,
    stepRows: STEP_ROWS,
    frameBytes: config.lake.frameBytes,
    keep: { rowsMax: 0, ageMs: 0 },
  });
  const unlandedRows = async (): Promise<number> => {
    let rows = 0;
    for (const { definition, committed } of writers) {
      const topic = TOPIC_OF_TABLE.get(definition);
      if (topic === undefined) continue;
      const held = store.positions(topic).reduce((sum, { start, end }) => sum + end - start, 0);
      const rowsEach = held === 0 ? 1 : Math.max(1, store.rows(topic) / held);
      for (const { partition, endOffset } of await log.bounds(topic))
        rows += (endOffset - (committed.get(topic, partition) ?? 0)) * rowsEach;
    }
    return rows;
  };
  const until = async (isReached: () => Promise<boolean>): Promise<void> => {
    for (let pauseMs = LOOK_EVERY_MS.first; !(await isReached()); pauseMs = Math.min(2 * pauseMs, LOOK_EVERY_MS.max)) {
      if (tasks.failures.length > 0) throw tasks.failures[0];
      await clock.sleep(pauseMs);
    }
  };
  const taken = (): Promise<void> => until(async () => (await behind()) === 0);
  const visible = async (): Promise<void> => {
    await taken();
    await until(isVisible);
  };
  return {
    log,
    pipeline,
    query,
    failed: tasks.failed,
    taken,
    visible,
    keepPace: () =>
      until(async () => (await behind()) <= PIECES_AHEAD_MAX && (await unlandedRows()) <= UNLANDED_ROWS_MAX),
    async finish() {
      await visible();
      await path.drain();
      if (tasks.failures.length > 0) throw new Error(describeError(tasks.failures[0]), { cause: tasks.failures[0] });
    },
    [Symbol.asyncDispose]: () => owned.dispose(),
  };
}

async function makeTopics({ rawLog }: Config, log: Log, topics: readonly string[]): Promise<void> {
  const retention = { retentionMs: rawLog.retentionHours * HOUR_MS, retentionBytes: rawLog.retentionBytes };
  for (const topic of topics) await log.ensureTopic({ topic, partitions: 1, ...retention });
}
