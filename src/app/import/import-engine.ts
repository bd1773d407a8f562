import { join } from "node:path";
import {
  type Clock,
  describeError,
  InvalidInputError,
  type Logger,
  systemClock,
  systemRandom,
} from "../../base/index.ts";
import { FRAMES, rawTopic, TOPICS } from "../../domain/index.ts";
import type { PieceCounts } from "../../imports/index.ts";
import { type Log, LogLockedError, openLog } from "../../log/index.ts";
import { type DurableEvents, openPipeline, type Pipeline } from "../../pipeline/index.ts";
import { lakeSource, openQueryEngine, type QueryEngine } from "../../query/index.ts";
import { openStore } from "../../store/index.ts";
import { BackgroundTasks } from "../background-tasks.ts";
import { keepBooks } from "../books.ts";
import { capturedFeeds } from "../capture.ts";
import type { Config } from "../config.ts";
import { openDataFolder } from "../data-folder.ts";
import { ensureEventTopics } from "../event-topics.ts";
import { feedRules } from "../feed-rules.ts";
import { followStore } from "../follow-store.ts";
import { LANDING_WRITER, openLakeTables } from "../lake-tables.ts";
import { EVENT_TABLES, landEvents, TOPIC_OF_TABLE } from "../landing/land-events.ts";
import { landFrames } from "../landing/land-frames.ts";
import { TableWriter } from "../landing/table-writer.ts";
import { Owned } from "../owned.ts";
import { Positions } from "../positions.ts";
import { recallBars } from "../recall-bars.ts";
import { keepVenueData } from "../venue-data.ts";
import { visibleEnds } from "../visible-end.ts";
import { importTopics, importVenueReader } from "./import-feeds.ts";

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
const LOOK_EVERY_MS = 2;
/** Rows wait for a full step, not for time: an import has more coming. */
const COMMIT_AGE_MS = 3_600_000;
/** As many rows as the store has room for beside the sorting of those that land. */
const COMMIT_ROWS = 400_000;
const STEP_ROWS = 400_000;
const UNLANDED_ROWS_MAX = 800_000;
const STORE_BYTES_MIN = 512 * 1024 * 1024;
/** Pieces are large: a chunk of DuckDB holds all of a file, and sorting it takes several times as much. */
const FRAME_BYTES_MAX = 24 * 1024 * 1024;

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
  const { logger, clock = systemClock, topics, onEvents, onPiece = () => {} } = options;
  const folder = openDataFolder(config);
  const log = owned.add(await openLog({ folder: folder.log, clock, logger }));
  await makeTopics(config, log, topics);
  const imported = await importTopics(log);
  const rawTopics = [...imported.trades, ...((await options.besides?.(log)) ?? [])];
  const frameTopics = [...rawTopics, ...imported.books, ...imported.venueData];
  const feeds = capturedFeeds(config.feeds);
  const lake = owned.add(await openLakeTables({ folder, clock, logger }));
  const store = owned.add(
    await openStore({
      folder: folder.store,
      memoryBytes: Math.max(STORE_BYTES_MIN, config.store.memoryBytes),
      clock,
      logger,
    }),
  );
  const writers = await Promise.all(EVENT_TABLES.map((table) => TableWriter.open(lake, table)));
  const frameWriter = await TableWriter.open(lake, FRAMES);
  const visibleEnd = visibleEnds({ store, landed: () => writers.map(({ committed }) => committed) });
  const tasks = new BackgroundTasks(logger);
  const deriving = new AbortController();
  const keeping = new AbortController();
  const following = new AbortController();
  const landed = Positions.of(writers.flatMap(({ committed }) => [...committed]));
  tasks.run("store", followStore({ log, store, lakePositions: landed, signal: following.signal, clock, logger }));
  owned.add({
    async [Symbol.asyncDispose]() {
      for (const part of [deriving, keeping, following]) part.abort();
      await tasks.allEnded();
    },
  });
  const engine: { pipeline?: Pipeline } = {};
  const query = owned.add(
    openQueryEngine({
      store,
      lake: lakeSource(lake, { writer: LANDING_WRITER, readPositions: (text) => Positions.fromText(text) }),
      openBars: (filter) => engine.pipeline?.openBars(filter) ?? [],
    }),
  );
  const pipeline = await openPipeline({
    raw: log,
    events: log,
    rules: feedRules(feeds),
    rawTopics,
    recall: recallBars({ query, visibleEnd, listings: () => pipeline.listings, clock }),
    onEvents,
    clock,
    random: systemRandom,
    logger,
  });
  engine.pipeline = pipeline;
  // With those of feeds, for a checkpoint is of all.
  const there = new Set((await log.topics()).map(({ topic }) => topic));
  const withBooks = imported.books.length === 0 ? [] : feeds.filter(({ feed }) => there.has(rawTopic(feed.id)));
  const books = await keepBooks(config, withBooks, {
    ...{ log, pipeline, clock, logger, random: systemRandom },
    importTopics: imported.books,
    onImportPiece: onPiece,
  });
  const run = pipeline.run({ signal: deriving.signal }).catch((error: unknown) => {
    if (!deriving.signal.aborted) throw error;
  });
  tasks.run("pipeline", run);
  if (books !== undefined) {
    const keepingBooks = books.run({ signal: deriving.signal }).catch((error: unknown) => {
      if (!deriving.signal.aborted) throw error;
    });
    tasks.run("books", keepingBooks);
  }
  const withData = imported.venueData.length === 0 ? [] : feeds.filter(({ feed }) => there.has(rawTopic(feed.id)));
  const venueData = await keepVenueData(withData, {
    ...{ log, clock, logger, random: systemRandom },
    importTopics: imported.venueData,
    readerOfImport: (feed) => importVenueReader(feed, onPiece),
  });
  if (venueData !== undefined) {
    const keepingData = venueData.run({ signal: deriving.signal }).catch((error: unknown) => {
      if (!deriving.signal.aborted) throw error;
    });
    tasks.run("venue data", keepingData);
  }
  const landing = { lake, log, store, clock, logger, signal: keeping.signal, ...config.lake };
  const unhurried = {
    ...landing,
    commitAgeMs: COMMIT_AGE_MS,
    firstCommitAgeMs: COMMIT_AGE_MS,
    commitRows: COMMIT_ROWS,
    stepRows: STEP_ROWS,
    frameBytes: Math.min(FRAME_BYTES_MAX, config.lake.frameBytes),
  };
  tasks.run("landing of events", landEvents({ ...unhurried, keep: { rowsMax: 0, ageMs: 0 } }, writers));
  const spillFolder = join(folder.store, "frames-spill");
  tasks.run("landing of frames", landFrames({ ...unhurried, topics: frameTopics, spillFolder }, frameWriter));

  const behind = async (): Promise<number> => {
    const positions = Positions.of([
      ...pipeline.status().positions,
      ...(books?.status().positions ?? []),
      ...(venueData?.status().positions ?? []),
    ]);
    let records = 0;
    for (const topic of frameTopics) {
      for (const { partition, endOffset } of await log.bounds(topic))
        records += endOffset - (positions.get(topic, partition) ?? 0);
    }
    return records;
  };
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
    while (!(await isReached())) {
      if (tasks.failures.length > 0) throw tasks.failures[0];
      await clock.sleep(LOOK_EVERY_MS);
    }
  };
  const isVisible = async (): Promise<boolean> => {
    for (const topic of Object.values(TOPICS)) {
      for (const { partition, endOffset } of await log.bounds(topic)) {
        if (visibleEnd(topic, partition) < endOffset) return false;
      }
    }
    return true;
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
      deriving.abort();
      keeping.abort();
      await Promise.all(
        ["pipeline", "books", "venue data", "landing of events", "landing of frames"].map((name) => tasks.ended(name)),
      );
      following.abort();
      await tasks.ended("store");
      if (tasks.failures.length > 0) throw new Error(describeError(tasks.failures[0]), { cause: tasks.failures[0] });
    },
    [Symbol.asyncDispose]: () => owned.dispose(),
  };
}

async function makeTopics({ rawLog, eventLog }: Config, log: Log, topics: readonly string[]): Promise<void> {
  const retention = { retentionMs: rawLog.retentionHours * HOUR_MS, retentionBytes: rawLog.retentionBytes };
  for (const topic of topics) await log.ensureTopic({ topic, partitions: 1, ...retention });
  await ensureEventTopics(log, {
    partitions: eventLog.partitions,
    retentionMs: eventLog.retentionHours * HOUR_MS,
    retentionBytes: eventLog.retentionBytes,
  });
}
