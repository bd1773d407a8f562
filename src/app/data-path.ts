import { join } from "node:path";
import type { Clock, Logger, Metrics, Random } from "../base/index.ts";
import { FRAMES, type LiveBooks, rawTopic, TOPICS } from "../domain/index.ts";
import type { PieceCounts } from "../imports/index.ts";
import type { Lake } from "../lake/index.ts";
import { type Log, openLog } from "../log/index.ts";
import {
  type Books,
  type DurableBooks,
  type DurableEvents,
  type FeedRules,
  openPipeline,
  type Pipeline,
  type VenueData,
  type WantedSnapshot,
} from "../pipeline/index.ts";
import { lakeSource, openQueryEngine, type QueryEngine } from "../query/index.ts";
import { openStore, type Store, type StoreConfig } from "../store/index.ts";
import { BackgroundTasks } from "./background-tasks.ts";
import { keepBooks } from "./books.ts";
import type { CapturedFeed } from "./capture.ts";
import type { Config } from "./config.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { ensureEventTopics } from "./event-topics.ts";
import { followStore } from "./follow-store.ts";
import { importTopics, importVenueReader } from "./import/import-feeds.ts";
import { LANDING_WRITER, openLakeTables } from "./lake-tables.ts";
import { EVENT_TABLES, type LandEventsOptions, landEvents } from "./landing/land-events.ts";
import { type LandFramesOptions, landFrames } from "./landing/land-frames.ts";
import { TableWriter } from "./landing/table-writer.ts";
import type { Owned } from "./owned.ts";
import { Positions } from "./positions.ts";
import { recallBars } from "./recall-bars.ts";
import { keepVenueData, tablesInUse } from "./venue-data.ts";
import { type VisibleEnd, visibleEnds } from "./visible-end.ts";

export interface DataPathOptions {
  readonly feeds: readonly CapturedFeed[];
  /**
   * Whether frames of these feeds arrive. Where not, their books and venue data are read only beside those of imported
   * files: a checkpoint is of all together.
   */
  readonly isCapturing: boolean;
  readonly rules: FeedRules;
  /** Makes the raw topics that are written to; says which of feeds the pipeline takes in, beside those of imported files. */
  readonly rawTopics: (log: Log) => Promise<readonly string[]>;
  readonly store: Pick<StoreConfig, "memoryBytes" | "segmentRowsMax" | "isBulk">;
  readonly onEvents: (events: DurableEvents) => void;
  readonly onBookEvents?: (events: DurableBooks) => void;
  readonly onSnapshotWanted?: (want: WantedSnapshot) => void;
  /** Told what became of the rows of each piece of a file of books or venue data. */
  readonly onImportPiece?: (counts: PieceCounts) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

/** When rows and frames go into the lake. */
export type LandingPace = Pick<
  LandEventsOptions,
  "commitAgeMs" | "firstCommitAgeMs" | "commitRows" | "stepRows" | "keep"
> &
  Pick<LandFramesOptions, "frameBytes">;

/**
 * The path from the raw log to the lake, and the questions over it: what a K2 that captures and one that imports have in
 * common. What is opened belongs to the caller's `Owned`.
 */
export interface DataPath {
  readonly folder: DataFolder;
  readonly log: Log;
  readonly lake: Lake;
  readonly store: Store;
  readonly query: QueryEngine;
  readonly pipeline: Pipeline;
  readonly books: Books | undefined;
  /** Those that `books` holds. */
  readonly liveBooks: LiveBooks;
  readonly venueData: VenueData | undefined;
  /** Of the event tables in use. */
  readonly writers: readonly TableWriter[];
  readonly frameWriter: TableWriter;
  /** Raw topics that the pipeline reads, and all whose frames land. */
  readonly rawTopics: readonly string[];
  readonly frameTopics: readonly string[];
  readonly tasks: BackgroundTasks;
  /** Up to which offset questions see an event topic. */
  readonly visibleEnd: VisibleEnd;
  /** Begins to take in what is in the raw log. */
  derive(): void;
  /** Begins to move rows and frames into the lake. */
  land(pace: LandingPace): void;
  /** Raw records that some stage has not taken in yet. */
  behind(): Promise<number>;
  /** Raw records that are not in the lake yet. */
  unlanded(): Promise<number>;
  /** Whether questions see all that is in the event log. */
  isVisible(): Promise<boolean>;
  /** Ends taking in, puts what was taken in into the lake, then ends the store. */
  drain(): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** Some hundred thousand rows: what a bulk store appends at once. */
const BULK_CHUNKS_AHEAD_MAX = 12;
/** As much as a file's pieces are appended at once. */
const BULK_CHUNK_BYTES_MAX = 4 * 1024 * 1024;

/** Opens all parts; nothing but the store runs until `derive`. */
export async function openDataPath(config: Config, options: DataPathOptions, owned: Owned): Promise<DataPath> {
  const { feeds, clock, random, logger, metrics } = options;
  const seams = { clock, logger, ...(metrics === undefined ? {} : { metrics }) };
  const folder = openDataFolder(config);
  // They know nothing of each other, and each waits for a disk or another thread.
  const openingLog = owned.opening(openLog({ folder: folder.log, ...seams }));
  const openingLake = owned.opening(openLakeTables({ folder, ...seams }));
  const log = await openingLog;
  // It empties its folder, so it comes after the log's lock: another K2 may be using that.
  const openingStore = owned.opening(openStore({ folder: folder.store, ...options.store, ...seams }));
  const ofFeeds = await options.rawTopics(log);
  await makeEventTopics(config, log);
  const imported = await importTopics(log);
  const there = new Set((await log.topics()).map(({ topic }) => topic));
  const feedsBeside = (topics: readonly string[]): readonly CapturedFeed[] =>
    options.isCapturing || topics.length > 0 ? feeds.filter(({ feed }) => there.has(rawTopic(feed.id))) : [];
  const venueData = await keepVenueData(feedsBeside(imported.venueData), {
    ...{ log, random, ...seams },
    importTopics: imported.venueData,
    readerOfImport: (feed) => importVenueReader(feed, options.onImportPiece),
  });
  const tables = await tablesInUse(EVENT_TABLES, log, { venueData, hasOrders: imported.books.length > 0 });
  const lake = await openingLake;
  const [frameWriter, writers] = await Promise.all([
    TableWriter.open(lake, FRAMES),
    Promise.all(tables.map((table) => TableWriter.open(lake, table))),
  ]);
  const store = await openingStore;
  const visibleEnd = visibleEnds({ store, landed: () => writers.map(({ committed }) => committed) });
  const tasks = new BackgroundTasks(logger);
  const [deriving, keeping, following] = [new AbortController(), new AbortController(), new AbortController()];
  const landed = Positions.of(writers.flatMap(({ committed }) => [...committed]));
  const chunksAheadMax = options.store.isBulk === true ? BULK_CHUNKS_AHEAD_MAX : 1;
  const follow = { log, store, lakePositions: landed, signal: following.signal, chunksAheadMax, clock, logger };
  tasks.run("store", followStore(follow));
  const engine: { pipeline?: Pipeline; books?: Books | undefined } = {};
  const liveBooks: LiveBooks = (listing) => engine.books?.live(listing) ?? [];
  const query = owned.add(
    openQueryEngine({
      store,
      lake: lakeSource(lake, { writer: LANDING_WRITER, readPositions: (text) => Positions.fromText(text) }),
      openBars: (filter) => engine.pipeline?.openBars(filter) ?? [],
      liveBooks,
    }),
  );
  // Where the start fails half-way: what runs already must end before what it uses is closed.
  owned.add({
    async [Symbol.asyncDispose]() {
      for (const part of [deriving, keeping, following]) part.abort();
      await tasks.allEnded();
    },
  });
  const listings = (): Pipeline["listings"] => {
    if (engine.pipeline === undefined) throw new Error("The pipeline asks for listings before it is open");
    return engine.pipeline.listings;
  };
  const rawTopics = [...ofFeeds, ...imported.trades];
  const frameTopics = [...rawTopics, ...imported.books, ...imported.venueData];
  const pipeline = await openPipeline({
    ...{ raw: log, events: log, rules: options.rules, rawTopics, random, ...seams },
    ...(options.store.isBulk === true ? { chunkBytesMax: BULK_CHUNK_BYTES_MAX } : {}),
    recall: recallBars({ query, visibleEnd, listings, clock }),
    onEvents: options.onEvents,
  });
  engine.pipeline = pipeline;
  const { onSnapshotWanted, onBookEvents, onImportPiece } = options;
  const books = await keepBooks(config, feedsBeside(imported.books), {
    ...{ log, pipeline, random, importTopics: imported.books, ...seams },
    ...(onSnapshotWanted === undefined ? {} : { onSnapshotWanted }),
    ...(onBookEvents === undefined ? {} : { onEvents: onBookEvents }),
    ...(onImportPiece === undefined ? {} : { onImportPiece }),
  });
  engine.books = books;
  const stages = [
    { name: "pipeline", stage: pipeline, topics: new Set(rawTopics) },
    { name: "books", stage: books, topics: new Set(imported.books) },
    { name: "venue data", stage: venueData, topics: new Set(imported.venueData) },
  ];
  return {
    ...{ folder, log, lake, store, query, pipeline, books, liveBooks, venueData, writers, frameWriter },
    ...{ rawTopics, frameTopics, tasks, visibleEnd },
    derive() {
      const { signal } = deriving;
      for (const { name, stage } of stages) {
        if (stage !== undefined) tasks.run(name, untilAborted(stage.run({ signal }), signal));
      }
    },
    land({ frameBytes, ...pace }) {
      const common = { ...{ lake, log, store, clock, logger, signal: keeping.signal }, ...pace };
      tasks.run("landing of events", landEvents(common, writers));
      const spillFolder = join(folder.store, "frames-spill");
      tasks.run(
        "landing of frames",
        landFrames({ ...common, topics: frameTopics, frameBytes, spillFolder }, frameWriter),
      );
    },
    async behind() {
      const taken = stages.map(({ stage, topics }) => ({
        topics,
        positions: Positions.of(stage?.status().positions ?? []),
      }));
      let records = 0;
      for (const topic of frameTopics) {
        for (const { partition, endOffset } of await log.bounds(topic)) {
          const offsets = taken.map(
            ({ topics, positions }) => positions.get(topic, partition) ?? (topics.has(topic) ? 0 : endOffset),
          );
          records += endOffset - Math.min(...offsets);
        }
      }
      return records;
    },
    async unlanded() {
      let records = 0;
      for (const topic of frameTopics) {
        for (const { partition, startOffset, endOffset } of await log.bounds(topic))
          records += endOffset - Math.max(startOffset, frameWriter.committed.get(topic, partition) ?? 0);
      }
      return records;
    },
    async isVisible() {
      for (const topic of Object.values(TOPICS)) {
        for (const { partition, endOffset } of await log.bounds(topic))
          if (visibleEnd(topic, partition) < endOffset) return false;
      }
      return true;
    },
    async drain() {
      deriving.abort();
      keeping.abort();
      const names = [...stages.map(({ name }) => name), "landing of events", "landing of frames"];
      await Promise.all(names.map((name) => tasks.ended(name)));
      following.abort();
      await tasks.ended("store");
    },
  };
}

async function makeEventTopics({ eventLog }: Config, log: Log): Promise<void> {
  await ensureEventTopics(log, {
    partitions: eventLog.partitions,
    retentionMs: eventLog.retentionHours * HOUR_MS,
    retentionBytes: eventLog.retentionBytes,
  });
}

async function untilAborted(run: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await run;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
