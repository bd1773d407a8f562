import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ApiServer, isLoopback, type MaintenanceHealth, startApiServer } from "../api/index.ts";
import {
  type Clock,
  createMetrics,
  type Logger,
  type Metrics,
  type Random,
  systemClock,
  systemRandom,
} from "../base/index.ts";
import { FRAMES, rawTopic, TOPICS } from "../domain/index.ts";
import {
  type Log,
  openLog,
  openSchemaRegistry,
  registerOwnSchemas,
  registryRoutes,
  type TopicPosition,
} from "../log/index.ts";
import { type DurableEvents, openPipeline, type Pipeline, type WantedSnapshot } from "../pipeline/index.ts";
import { lakeSource, openQueryEngine, type QueryEngine } from "../query/index.ts";
import { openStore } from "../store/index.ts";
import { startVenueServer, type VenueServer } from "../venue-server/index.ts";
import { BackgroundTasks } from "./background-tasks.ts";
import { BookSnapshots } from "./book-snapshots.ts";
import { keepBooks } from "./books.ts";
import { type Capture, type CapturedFeed, capturedFeeds, ensureRawTopics, startCapture } from "./capture.ts";
import { ClockWatch } from "./clocks/clock-watch.ts";
import type { Config } from "./config.ts";
import { openDataFolder } from "./data-folder.ts";
import { ensureEventTopics } from "./event-topics.ts";
import { feedRules } from "./feed-rules.ts";
import { FeedWatch } from "./feed-watch.ts";
import { followStore } from "./follow-store.ts";
import { healedFeeds } from "./healing/healed-feeds.ts";
import { type Healing, healable, openHealing } from "./healing/index.ts";
import { Health } from "./health.ts";
import { importTopics, importVenueReader } from "./import/import-feeds.ts";
import { openLakeJobs } from "./lake-jobs/open-lake-jobs.ts";
import { LANDING_WRITER, openLakeTables } from "./lake-tables.ts";
import { EVENT_TABLES, landEvents, TOPIC_OF_TABLE } from "./landing/land-events.ts";
import { landFrames } from "./landing/land-frames.ts";
import { TableWriter } from "./landing/table-writer.ts";
import { Owned } from "./owned.ts";
import { Positions } from "./positions.ts";
import { QualityWatch } from "./quality-watch.ts";
import { recallBars } from "./recall-bars.ts";
import { restCatalogMount } from "./rest-catalog.ts";
import { keepRetention } from "./retention.ts";
import { untilSettled } from "./settle.ts";
import { keepVenueData, tablesInUse } from "./venue-data.ts";
import { VERSION } from "./version.ts";
import { visibleEnds } from "./visible-end.ts";

export interface StartOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Stamps received frames; default `clock`. A test hands in the clock of a recording. */
  readonly receiveClock?: Clock;
  readonly metrics?: Metrics;
}

/** A running K2, all roles in this process. Disposing of it stops capture, drains every stage and commits to the lake. */
export interface K2 extends AsyncDisposable {
  /** Of the API and the page. */
  readonly url: string;
  readonly query: QueryEngine;
  readonly pipeline: Pipeline;
  /** Rejects when a part has stopped for good; never resolves. */
  readonly failed: Promise<never>;
  /** Resolves when everything received so far is in the event log and visible to queries. */
  settled(): Promise<void>;
  /** Resolves when no venue is being asked for what was missed. */
  healed(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const OPEN_BARS_EVERY_MS = 250;
const RECENT_TRADES_PER_LISTING = 200;
const WEB_FOLDER = fileURLToPath(new URL("../../web/dist", import.meta.url));

/** Starts every part in the order of the data's path, last first, so that nothing is sent to a part that does not run yet. */
export async function startK2(config: Config, options: StartOptions): Promise<K2> {
  const owned = new Owned();
  try {
    return await start(config, options, owned);
  } catch (error) {
    await owned.dispose();
    throw error;
  }
}

async function start(config: Config, options: StartOptions, owned: Owned): Promise<K2> {
  const { logger, clock = systemClock, random = systemRandom, metrics = createMetrics() } = options;
  const feeds = capturedFeeds(config.feeds);
  const folder = openDataFolder(config);
  // The three know nothing of each other, and each waits for a disk or another thread.
  const openingLog = owned.opening(openLog({ folder: folder.log, clock, logger, metrics }));
  const openingLake = owned.opening(openLakeTables({ folder, clock, logger, metrics }));
  const { memoryBytes } = config.store;
  const openingStore = owned.opening(openStore({ folder: folder.store, memoryBytes, clock, logger, metrics }));
  const log = await openingLog;
  await makeTopics(config, log, feeds);
  // An import may have been stopped before all of it was taken in.
  const imported = await importTopics(log);
  const venueData = await keepVenueData(feeds, {
    ...{ log, clock, random, logger, metrics },
    importTopics: imported.venueData,
    readerOfImport: importVenueReader,
  });
  const tables = await tablesInUse(EVENT_TABLES, log, venueData);
  const lake = await openingLake;
  const [frameWriter, writers] = await Promise.all([
    TableWriter.open(lake, FRAMES),
    Promise.all(tables.map((table) => TableWriter.open(lake, table))),
  ]);
  const store = await openingStore;
  const visibleEnd = visibleEnds({ store, landed: () => writers.map(({ committed }) => committed) });
  const tasks = new BackgroundTasks(logger);
  const capturing = new AbortController();
  const deriving = new AbortController();
  const keeping = new AbortController();
  const watching = new AbortController();
  const following = new AbortController();
  const asking = new AbortController();
  const maintaining = new AbortController();
  const landed = Positions.of(writers.flatMap(({ committed }) => [...committed]));
  tasks.run("store", followStore({ log, store, lakePositions: landed, signal: following.signal, clock, logger }));

  const engine: { pipeline?: Pipeline } = {};
  const query = owned.add(
    openQueryEngine({
      store,
      lake: lakeSource(lake, { writer: LANDING_WRITER, readPositions: (text) => Positions.fromText(text) }),
      openBars: (filter) => engine.pipeline?.openBars(filter) ?? [],
    }),
  );
  // Where the start fails half-way: what runs already must end before what it uses is closed.
  owned.add({
    async [Symbol.asyncDispose]() {
      for (const part of [capturing, asking, deriving, keeping, watching, following, maintaining]) part.abort();
      await tasks.allEnded();
    },
  });
  const quality = new QualityWatch();
  const live: {
    api?: ApiServer;
    watch?: FeedWatch;
    healing?: Healing;
    bookSnapshots?: BookSnapshots;
    capture?: Capture;
  } = {};
  const clocks = new ClockWatch({ status: () => live.capture?.status() ?? [], logger, metrics });
  const rawTopics = [...feeds.map(({ feed }) => rawTopic(feed.id)), ...imported.trades];
  const frameTopics = [...rawTopics, ...imported.books, ...imported.venueData];
  const listings = (): Pipeline["listings"] => {
    if (engine.pipeline === undefined) throw new Error("The pipeline asks for listings before it is open");
    return engine.pipeline.listings;
  };
  const pipeline = await openPipeline({
    raw: log,
    events: log,
    rules: feedRules(feeds, healable(config, feeds)),
    rawTopics,
    recall: recallBars({ query, visibleEnd, listings, clock }),
    onEvents: (events) => {
      publish(events, pipeline, live);
      quality.saw(events.minutes);
      clocks.saw(events.minutes, pipeline.listings);
    },
    clock,
    random,
    logger,
    metrics,
  });
  engine.pipeline = pipeline;
  const onSnapshotWanted = (want: WantedSnapshot): void => live.bookSnapshots?.wanted(want);
  const books = await keepBooks(config, feeds, {
    ...{ log, pipeline, onSnapshotWanted, importTopics: imported.books },
    onEvents: ({ quotes, gaps, minutes }) => {
      live.api?.hub.publishQuotes(quotes, gaps);
      quality.sawQuotes(minutes);
    },
    ...{ clock, random, logger, metrics },
  });
  const market = config.mode === "simulated" ? owned.add(await startMarket(config, logger)) : undefined;

  const capture = await startCapture({
    feeds,
    urlOf: (feed) => market?.url(feed),
    source: config.mode === "simulated" ? "simulated" : "live",
    isolation: config.capture.isolation,
    log,
    clock: options.receiveClock ?? clock,
    random,
    logger,
    metrics,
    signal: capturing.signal,
  });
  live.capture = capture;
  tasks.run("capture", capture.ended);
  const healing = openHealing(config, feeds, {
    ...{ market, log, pipeline, random, logger, metrics },
    clock: options.receiveClock ?? clock, // Its answers stand among what was received.
  });
  live.healing = healing;
  tasks.run("healing", healing.run(asking.signal));
  const bookSnapshots = new BookSnapshots({
    ...{ captured: feeds, capture },
    feeds: healedFeeds(feeds, market && ((feed) => market.restUrl(feed))),
    ...{ log, clock, logger },
    source: config.mode === "simulated" ? "simulated" : "live",
    signal: asking.signal,
  });
  live.bookSnapshots = bookSnapshots;
  tasks.run("pipeline", untilAborted(pipeline.run({ signal: deriving.signal }), deriving.signal));
  if (books !== undefined) tasks.run("books", untilAborted(books.run({ signal: deriving.signal }), deriving.signal));
  if (venueData !== undefined)
    tasks.run("venue data", untilAborted(venueData.run({ signal: deriving.signal }), deriving.signal));

  const watch = new FeedWatch(() => capture.status());
  live.watch = watch;
  const { maintenance } = config.lake;
  const jobs = maintenance.enabled
    ? owned.add(
        await openLakeJobs({
          lake,
          config: maintenance,
          historyPath: folder.jobs,
          spillFolder: join(folder.store, "maintenance-spill"),
          clock,
          logger,
          metrics,
        }),
      )
    : undefined;
  const told = jobs && ((): MaintenanceHealth => jobs.health());
  const health = new Health({
    ...{ config, clock, logger, log, lake, store, pipeline, rawTopics, watch, quality, clocks, tasks },
    maintenance: told,
  });
  const catalog = restCatalogMount(lake, config.lake.rest, { isLoopback: isLoopback(config.http.host) });
  const registry = owned.add(await openSchemaRegistry(folder.registry));
  await registerOwnSchemas(registry);
  const api = owned.add(
    await startApiServer({
      ...config.http,
      mode: config.mode,
      version: VERSION,
      query,
      listings: pipeline.listings,
      health: () => health.report(),
      metrics,
      logger,
      clock,
      extraRoutes: registryRoutes(registry, "/registry"),
      mounts: catalog === undefined ? [] : [catalog],
      webFolder: WEB_FOLDER,
      recentTradesPerListingMax: RECENT_TRADES_PER_LISTING,
    }),
  );
  live.api = api;

  const landing = { lake, log, store, clock, logger, signal: keeping.signal, ...config.lake };
  tasks.run("landing of events", landEvents({ ...landing, keep: config.store }, writers));
  const spillFolder = join(folder.store, "frames-spill");
  tasks.run("landing of frames", landFrames({ ...landing, topics: frameTopics, spillFolder }, frameWriter));
  tasks.run(
    "health",
    health.run(watching.signal, () => api.hub.publishHealth()),
  );
  tasks.run("open bars", publishOpenBars(pipeline, api, clock, watching.signal));
  if (jobs !== undefined) tasks.run("lake jobs", jobs.run(maintaining.signal));
  const neededByLake = await lakeNeeds(log, [
    ...writers.map((writer) => ({ writer, topics: [TOPIC_OF_TABLE.get(writer.definition) ?? TOPICS.trades] })),
    { writer: frameWriter, topics: frameTopics },
  ]);
  const keepFrom = (): readonly TopicPosition[] => [
    ...pipeline.keepFrom(),
    ...(books?.keepFrom() ?? []),
    ...(venueData?.keepFrom() ?? []),
    ...neededByLake(),
  ];
  tasks.run("retention", keepRetention({ log, keepFrom, clock, logger, signal: watching.signal }));

  const settling = { capture, log, visibleEnd, pipeline, books, venueData, rawTopics, clock };
  const settled = async (): Promise<void> => {
    await untilSettled({ ...settling, giveUp: () => tasks.failures.length > 0 });
    if (tasks.failures.length > 0) throw tasks.failures[0];
  };
  return {
    url: api.url,
    query,
    pipeline,
    failed: tasks.failed,
    settled,
    healed: () => healing.idle(),
    async [Symbol.asyncDispose]() {
      const failedBefore = tasks.failures.length > 0;
      capturing.abort();
      asking.abort();
      maintaining.abort();
      await Promise.all([tasks.ended("capture"), capture.stopped, tasks.ended("healing"), tasks.ended("lake jobs")]);
      await bookSnapshots.idle();
      // Where a part has stopped or has to wait, the rest stays in the raw log for the next start.
      const cannotSettle = (): boolean =>
        tasks.failures.length > 0 ||
        [pipeline, books, venueData].some((stage) => stage?.status().stalled !== undefined);
      await untilSettled({ ...settling, giveUp: cannotSettle });
      deriving.abort();
      watching.abort();
      keeping.abort();
      await Promise.all(
        [
          "pipeline",
          "books",
          "venue data",
          "landing of events",
          "landing of frames",
          "health",
          "open bars",
          "retention",
        ].map((name) => tasks.ended(name)),
      );
      following.abort();
      await tasks.ended("store");
      await owned.dispose();
      if (!failedBefore && tasks.failures.length > 0) throw tasks.failures[0]; // Nobody was told of it by `failed`.
    },
  };
}

async function makeTopics(config: Config, log: Log, feeds: readonly CapturedFeed[]): Promise<void> {
  const { rawLog, eventLog } = config;
  const retention = { retentionMs: rawLog.retentionHours * HOUR_MS, retentionBytes: rawLog.retentionBytes };
  await ensureRawTopics({ feeds, log }, retention);
  await ensureEventTopics(log, {
    partitions: eventLog.partitions,
    retentionMs: eventLog.retentionHours * HOUR_MS,
    retentionBytes: eventLog.retentionBytes,
  });
}

function startMarket({ feeds, simulation }: Config, logger: Logger): Promise<VenueServer> {
  return startVenueServer({
    source: { kind: "market", ...simulation, feeds: feeds.map(({ feed }) => feed), joinNow: true },
    logger,
  });
}

function publish(
  events: DurableEvents,
  pipeline: Pipeline,
  { api, watch, healing }: { readonly api?: ApiServer; readonly watch?: FeedWatch; readonly healing?: Healing },
): void {
  api?.hub.publishTrades(events.trades);
  api?.hub.publishBars(events.bars);
  watch?.sawTrades(events.trades, pipeline.listings);
  watch?.sawGaps(events.gaps);
  healing?.sawTrades(events.trades);
  healing?.sawGaps(events.gaps);
}

async function publishOpenBars(pipeline: Pipeline, api: ApiServer, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    api.hub.publishBars(pipeline.openBars());
    await clock.sleep(OPEN_BARS_EVERY_MS, { signal }).catch(() => {});
  }
}

/** What the lake does not have yet must stay in the log: of a partition that it has nothing of, everything. */
async function lakeNeeds(
  log: Log,
  landed: readonly { readonly writer: TableWriter; readonly topics: readonly string[] }[],
): Promise<() => readonly TopicPosition[]> {
  const needed: (() => TopicPosition)[] = [];
  for (const { writer, topics } of landed) {
    for (const topic of topics) {
      for (const { partition } of await log.bounds(topic))
        needed.push(() => ({ topic, partition, offset: writer.committed.get(topic, partition) ?? 0 }));
    }
  }
  return () => needed.map((position) => position());
}

async function untilAborted(run: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await run;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
