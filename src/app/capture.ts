import {
  type Clock,
  InvalidInputError,
  type Logger,
  type Metrics,
  type Random,
  recordAt,
  systemClock,
} from "../base/index.ts";
import { FrameRecord, parseInstrument, rawTopic, type Source } from "../domain/index.ts";
import {
  type ConnectionStatus,
  channelsOfWords,
  type Feed,
  FeedMetrics,
  type FeedRun,
  feedById,
  planConnections,
  polledChannels,
  runFeed,
  runIsolatedFeed,
} from "../feeds/index.ts";
import type { Log } from "../log/index.ts";
import type { FeedConfig } from "./default-feeds.ts";

/** A configured feed, with its symbols in the venue's spelling. */
export interface CapturedFeed {
  readonly feed: Feed;
  readonly config: FeedConfig;
  /** Canonical id by the venue's spelling. */
  readonly symbols: ReadonlyMap<string, string>;
}

/**
 * Resolves the configuration's feeds and symbols.
 *
 * @throws {InvalidInputError} naming a feed that K2 does not speak, or a symbol that the venue cannot list
 */
export function capturedFeeds(configs: readonly FeedConfig[]): readonly CapturedFeed[] {
  const repeated = configs.find(({ feed }, index) => configs.findIndex((other) => other.feed === feed) !== index);
  if (repeated !== undefined)
    throw new InvalidInputError(`Feed ${repeated.feed} is configured twice; name all its symbols in one entry`);
  return configs.map((config) => {
    const feed = feedById(config.feed);
    const symbols = new Map(config.symbols.map((symbol) => [rawSymbolOf(feed, symbol), symbol]));
    const { channels } = config;
    return {
      feed,
      config: channels === undefined ? config : { ...config, channels: channelsOfWords(feed, channels) },
      symbols,
    };
  });
}

function rawSymbolOf(feed: Feed, symbol: string): string {
  const raw = feed.rawSymbol(parseInstrument(symbol));
  if (raw === undefined)
    throw new InvalidInputError(
      `${feed.name} does not list ${symbol}. Remove it from feed ${feed.id}, or choose the feed of its market (k2 feeds)`,
    );
  return raw;
}

export interface CaptureOptions {
  readonly feeds: readonly CapturedFeed[];
  /** Instead of the venues' own endpoints: of the simulated market. */
  readonly urlOf: (feed: string) => string | undefined;
  readonly source: Source;
  /** worker: each feed in one of its own. A clock other than the system's cannot go there: then all stay in this thread. */
  readonly isolation: "worker" | "none";
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

/** All feeds being captured into the raw log. */
export interface Capture {
  status(): readonly ConnectionStatus[];
  /** Sends requests on a live socket: see FeedRun.request. */
  request(
    feed: string,
    socket: { readonly connection: string; readonly epoch: number },
    frames: readonly string[],
  ): boolean;
  /**
   * Resolves after an abort, when all that the sockets delivered is durable; rejects as soon as the frames of any
   * connection cannot be recorded: one that has stopped would be missing for as long as the others go on.
   */
  readonly ended: Promise<void>;
  /** Resolves after an abort when every socket has ended, whether its frames could be recorded or not. */
  readonly stopped: Promise<void>;
}

/** Makes the raw topics, one partition a connection and one for what is polled, so that they can be read before the first frame. */
export async function ensureRawTopics(
  { feeds, log }: Pick<CaptureOptions, "feeds" | "log">,
  retention: { readonly retentionMs: number; readonly retentionBytes: number },
): Promise<void> {
  for (const { feed, symbols, config } of feeds) {
    const connections = planConnections(feed, [...symbols.keys()], config.channels).length;
    const partitions = connections + (polledChannels(feed, config.channels ?? []).length > 0 ? 1 : 0);
    await log.ensureTopic({ topic: rawTopic(feed.id), partitions, ...retention });
  }
}

export async function startCapture(options: CaptureOptions): Promise<Capture> {
  const metrics = new FeedMetrics(options.metrics);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // The first feed may fail while the others start; `ended` tells it.
  const runs: FeedRun[] = [];
  for (const captured of options.feeds.filter(hasSocket))
    runs.push(await startFeed(captured, metrics, { ...options, onFailed: failed.reject }));
  const ends = runs.map((run) => run.ended);
  return {
    status: () => runs.flatMap((run) => run.status()),
    request: (feed, { connection, epoch }, frames) =>
      runs.find((run) => run.feed.id === feed)?.request(connection, epoch, frames) ?? false,
    ended: Promise.race([failed.promise, Promise.all(ends).then(() => {})]),
    stopped: Promise.allSettled(ends).then(() => {}),
  };
}

/** Whether anything of the feed is subscribed: all that is configured may be polled. */
function hasSocket({ feed, config: { channels } }: CapturedFeed): boolean {
  return channels === undefined || channels.length > polledChannels(feed, channels).length;
}

async function startFeed(
  { feed, config, symbols }: CapturedFeed,
  metrics: FeedMetrics,
  options: CaptureOptions & { readonly onFailed: (error: Error) => void },
): Promise<FeedRun> {
  const topic = rawTopic(feed.id);
  const url = config.url ?? options.urlOf(feed.id);
  const isIsolated = options.isolation === "worker" && options.clock === systemClock;
  return (isIsolated ? runIsolatedFeed : runFeed)({
    feed,
    ...(url === undefined ? {} : { url }),
    ...(config.urls === undefined ? {} : { urls: config.urls }),
    rawSymbols: [...symbols.keys()],
    ...(config.channels === undefined ? {} : { channels: config.channels }),
    source: config.source ?? options.source,
    lastEpochs: await lastEpochs(options.log, topic),
    sink: async (partition, records) => void (await options.log.append([{ topic, partition, records }])),
    clock: options.clock,
    random: options.random,
    logger: options.logger,
    metrics,
    onFailed: options.onFailed,
    signal: options.signal,
  });
}

/** During a planned change-over two epochs alternate, so the newest may not be the last record's. */
const LOOK_BACK_RECORDS = 20_000;

/** The newest epoch of each connection in the raw log, so that counting goes on after a restart. */
async function lastEpochs(log: Pick<Log, "bounds" | "read">, topic: string): Promise<ReadonlyMap<string, number>> {
  const epochs = new Map<string, number>();
  for (const { partition, startOffset, endOffset } of await log.bounds(topic)) {
    const offset = Math.max(startOffset, endOffset - LOOK_BACK_RECORDS);
    if (offset >= endOffset) continue;
    for await (const { records } of log.read({ topic, partition, offset }, { follow: false })) {
      for (let index = 0; index < records.count; index += 1) {
        const record = new FrameRecord(recordAt(records, index));
        epochs.set(record.connection, Math.max(record.epoch, epochs.get(record.connection) ?? 0));
      }
    }
  }
  return epochs;
}
