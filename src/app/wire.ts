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
import { rawTopic, TOPICS } from "../domain/index.ts";
import { RestClients } from "../feeds/index.ts";
import { type Log, openSchemaRegistry, registerOwnSchemas, registryRoutes, type TopicPosition } from "../log/index.ts";
import type { DurableEvents, Pipeline } from "../pipeline/index.ts";
import type { QueryEngine } from "../query/index.ts";
import { startVenueServer, type VenueServer } from "../venue-server/index.ts";
import { BookSnapshots } from "./book-snapshots.ts";
import { type Capture, type CapturedFeed, capturedFeeds, ensureRawTopics, startCapture } from "./capture.ts";
import { ClockWatch } from "./clocks/clock-watch.ts";
import type { Config } from "./config.ts";
import { type DataPath, openDataPath } from "./data-path.ts";
import { feedRules } from "./feed-rules.ts";
import { FeedWatch } from "./feed-watch.ts";
import { healedFeeds } from "./healing/healed-feeds.ts";
import { type Healing, healable, openHealing, seenRows } from "./healing/index.ts";
import { Health } from "./health.ts";
import { openLakeJobs } from "./lake-jobs/open-lake-jobs.ts";
import { TOPIC_OF_TABLE } from "./landing/land-events.ts";
import type { TableWriter } from "./landing/table-writer.ts";
import { Owned } from "./owned.ts";
import { openPolling } from "./polling.ts";
import { QualityWatch } from "./quality-watch.ts";
import { restCatalogMount } from "./rest-catalog.ts";
import { keepRetention } from "./retention.ts";
import { untilSettled } from "./settle.ts";
import { VERSION } from "./version.ts";

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
  /** Raw records that are not in the lake yet; also while it stops. @throws LogClosedError when it has stopped */
  unlanded(): Promise<number>;
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
  const capturing = new AbortController();
  const watching = new AbortController();
  const asking = new AbortController();
  const maintaining = new AbortController();
  const quality = new QualityWatch();
  const live: {
    api?: ApiServer;
    watch?: FeedWatch;
    healing?: Healing;
    bookSnapshots?: BookSnapshots;
    capture?: Capture;
  } = {};
  const clocks = new ClockWatch({ status: () => live.capture?.status() ?? [], logger, metrics });
  const path: DataPath = await openDataPath(
    config,
    {
      ...{ feeds, isCapturing: true, rules: feedRules(feeds, healable(config, feeds)) },
      rawTopics: async (log) => {
        await makeRawTopics(config, log, feeds);
        return feeds.map(({ feed }) => rawTopic(feed.id));
      },
      store: { memoryBytes: config.store.memoryBytes },
      onEvents: (events) => {
        publish(events, path.pipeline, live);
        quality.saw(events.minutes);
        clocks.saw(events.minutes, path.pipeline.listings);
      },
      onBookEvents: ({ quotes, changes, gaps, minutes }) => {
        live.api?.hub.publishQuotes(quotes, gaps);
        live.api?.hub.publishBooks(changes, gaps);
        quality.sawQuotes(minutes);
      },
      onSnapshotWanted: (want) => live.bookSnapshots?.wanted(want),
      ...{ clock, random, logger, metrics },
    },
    owned,
  );
  const { folder, log, lake, store, query, pipeline, books, venueData, tasks } = path;
  // Where the start fails half-way: what runs already must end before what it uses is closed.
  owned.add({
    async [Symbol.asyncDispose]() {
      for (const part of [capturing, asking, watching, maintaining]) part.abort();
      await path.drain();
      await tasks.allEnded();
    },
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
  // What venues answer stands among what was received.
  const asked = { clock: options.receiveClock ?? clock, logger };
  const clients = new RestClients(asked);
  const source = config.mode === "simulated" ? "simulated" : "live";
  const simulated = market && ((feed: string) => market.restUrl(feed));
  const polling = openPolling({ ...asked, feeds, simulated, clients, source, log, random, metrics });
  tasks.run("polling", polling.run(capturing.signal));
  const healing = openHealing(config, feeds, {
    ...{ ...asked, market, clients, log, pipeline, random, metrics },
    rows: seenRows({ query, log, pipeline, visibleEnd: path.visibleEnd, clock }),
  });
  live.healing = healing;
  tasks.run("healing", healing.run(asking.signal));
  const bookSnapshots = new BookSnapshots({
    ...{ captured: feeds, capture },
    ...{ feeds: healedFeeds(feeds, simulated), clients, log, clock, logger, source },
    signal: asking.signal,
  });
  live.bookSnapshots = bookSnapshots;
  path.derive();

  const watch = new FeedWatch(() => [...capture.status(), ...polling.status()]);
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
    ...{ config, clock, logger, log, lake, store, pipeline, watch, quality, clocks, tasks },
    ...{ books, venueData, frameTopics: path.frameTopics },
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
      liveBooks: path.liveBooks,
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

  path.land({ ...config.lake, keep: config.store });
  tasks.run(
    "health",
    health.run(watching.signal, () => api.hub.publishHealth()),
  );
  tasks.run("open bars", publishOpenBars(pipeline, api, clock, watching.signal));
  if (jobs !== undefined) tasks.run("lake jobs", jobs.run(maintaining.signal));
  const neededByLake = await lakeNeeds(log, [
    ...path.writers.map((writer) => ({ writer, topics: [TOPIC_OF_TABLE.get(writer.definition) ?? TOPICS.trades] })),
    { writer: path.frameWriter, topics: path.frameTopics },
  ]);
  const keepFrom = (): readonly TopicPosition[] => [
    ...pipeline.keepFrom(),
    ...(books?.keepFrom() ?? []),
    ...(venueData?.keepFrom() ?? []),
    ...neededByLake(),
  ];
  tasks.run("retention", keepRetention({ log, keepFrom, clock, logger, signal: watching.signal }));

  const settling = { capture, path, clock };
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
    unlanded: () => path.unlanded(),
    async [Symbol.asyncDispose]() {
      const failedBefore = tasks.failures.length > 0;
      capturing.abort();
      asking.abort();
      maintaining.abort();
      await Promise.all(["capture", "polling", "healing", "lake jobs"].map((name) => tasks.ended(name)));
      await capture.stopped;
      await bookSnapshots.idle();
      // Where a part has stopped or has to wait, the rest stays in the raw log for the next start.
      const cannotSettle = (): boolean =>
        tasks.failures.length > 0 ||
        [pipeline, books, venueData].some((stage) => stage?.status().stalled !== undefined);
      await untilSettled({ ...settling, giveUp: cannotSettle });
      watching.abort();
      await path.drain();
      await Promise.all(["health", "open bars", "retention"].map((name) => tasks.ended(name)));
      await owned.dispose();
      if (!failedBefore && tasks.failures.length > 0) throw tasks.failures[0]; // Nobody was told of it by `failed`.
    },
  };
}

async function makeRawTopics({ rawLog }: Config, log: Log, feeds: readonly CapturedFeed[]): Promise<void> {
  const retention = { retentionMs: rawLog.retentionHours * HOUR_MS, retentionBytes: rawLog.retentionBytes };
  await ensureRawTopics({ feeds, log }, retention);
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
