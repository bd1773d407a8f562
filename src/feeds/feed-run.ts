import type { Clock, Logger, Random } from "../base/index.ts";
import { InvalidInputError } from "../base/index.ts";
import type { Source } from "../domain/index.ts";
import { Connection } from "./connection.ts";
import { planConnections } from "./connection-plan.ts";
import { type ConnectionSettings, DEFAULT_CONNECTION_SETTINGS } from "./connection-settings.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import type { Feed } from "./feed.ts";
import type { FeedMetrics } from "./feed-metrics.ts";
import type { FrameSink } from "./frame-recorder.ts";
import type { FramesNotRecordedError } from "./frames-not-recorded-error.ts";
import { type OpenSocket, openWebSocket } from "./socket.ts";

export interface FeedRunOptions {
  readonly feed: Feed;
  /** Instead of the feed's own: a simulated venue, a proxy. */
  readonly url?: string | undefined;
  /** Several instead of one, the preferred first: after some failures in a row the next is tried. */
  readonly urls?: readonly string[] | undefined;
  /** In the venue's spelling, in the order that `planConnections` was asked with. */
  readonly rawSymbols: readonly string[];
  /** Of `feed.channels` and `feed.books`; default: the first of `feed.channels`. */
  readonly channels?: readonly string[] | undefined;
  /** What every frame record says of itself. */
  readonly source: Source;
  /** The last epoch in the log by connection name; a connection that is absent starts at epoch 1. */
  readonly lastEpochs: ReadonlyMap<string, number>;
  readonly sink: FrameSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: FeedMetrics;
  /** Default: the network. */
  readonly openSocket?: OpenSocket;
  readonly settings?: Partial<ConnectionSettings>;
  /** Called once for each connection whose frames can no longer be recorded; the others go on. */
  onFailed?(error: FramesNotRecordedError): void;
  /** Aborting ends the sockets, flushes what they delivered, and then resolves `ended`. */
  readonly signal?: AbortSignal | undefined;
}

/** A feed being captured. Disposing of it is aborting it and waiting. */
export interface FeedRun extends AsyncDisposable {
  readonly feed: Feed;
  /** One entry a connection, in their order. Cheap enough for every request of a health page. */
  status(): readonly ConnectionStatus[];
  /**
   * Sends requests on a live socket, recorded like all that is sent.
   *
   * @param connection its name
   * @returns false where that socket is not live any more, or too many requests wait already
   */
  request(connection: string, epoch: number, frames: readonly string[]): boolean;
  /**
   * Settles when every connection has stopped: after an abort, or because none can be recorded any more.
   *
   * @throws {FramesNotRecordedError} the first, when frames were received that are not in the log
   */
  readonly ended: Promise<void>;
}

/**
 * Captures one feed: connects, subscribes, records every frame before anything looks at it, and keeps doing so.
 * Connections do not depend on each other; the network's failures are retried for ever and never end the run.
 *
 * @throws {InvalidInputError} when symbols, channels or URL are not usable; nothing was started
 */
export function runFeed(options: FeedRunOptions): FeedRun {
  const { feed, rawSymbols, channels = feed.channels.slice(0, 1), signal } = options;
  checkChannels(feed, channels);
  const urls = options.urls ?? [options.url ?? endpointOf(feed, channels)];
  for (const url of urls) checkUrl(feed, url);
  const settings = { ...DEFAULT_CONNECTION_SETTINGS, ...options.settings };
  const connections = planConnections(feed, rawSymbols, channels.length).map(
    ({ index, name, symbols }) =>
      new Connection({
        ...options,
        openSocket: options.openSocket ?? openWebSocket,
        logger: options.logger.child({ feed: feed.id, connection: name }),
        settings,
        name,
        urls,
        symbols,
        channels,
        subscribeFrames: feed.subscribe(symbols, channels),
        lastEpoch: options.lastEpochs.get(name) ?? 0,
        flush: async (records) => options.sink(index, records),
        onFailed: (error) => options.onFailed?.(error),
      }),
  );
  const watches = connections.map((connection) => options.metrics.watch(() => connection.status()));
  const stop = (): void => {
    for (const connection of connections) connection.stop();
  };

  connections.forEach((connection, index) => {
    connection.start(index * settings.startSpacingMs);
  });
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const ended = endOf(connections).finally(() => {
    signal?.removeEventListener("abort", stop);
    for (const watch of watches) watch[Symbol.dispose]();
  });
  ended.catch(() => {}); // Also told by onFailed and the log: not to look at `ended` must not end the process.

  return {
    feed,
    status: () => connections.map((connection) => connection.status()),
    request: (name, epoch, frames) =>
      connections.find((connection) => connection.name === name)?.request(epoch, frames) ?? false,
    ended,
    async [Symbol.asyncDispose]() {
      stop();
      await Promise.allSettled([ended]);
    },
  };
}

async function endOf(connections: readonly Connection[]): Promise<void> {
  const results = await Promise.allSettled(connections.map((connection) => connection.ended));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

/** Where the venue serves these channels: one endpoint for all, or the capture would be silent on some. */
function endpointOf(feed: Feed, channels: readonly string[]): string {
  const urls = new Set(channels.map((channel) => feed.channelUrls?.[channel] ?? feed.url));
  const [url] = urls;
  if (url === undefined) {
    throw new InvalidInputError(
      `Cannot capture ${feed.id} from the venue, which retired this protocol. Nothing was started. ` +
        `${feed.retired ?? "Choose another feed"}, or give the feed the url of a \`k2 replay\` of old captures`,
    );
  }
  if (urls.size === 1) return url;
  throw new InvalidInputError(
    `Cannot capture ${channels.join(" and ")} of ${feed.id} together: the venue serves them at ${[...urls].join(" and ")}. ` +
      "Nothing was started. Choose one of the channels",
  );
}

function checkUrl(feed: Feed, url: string): void {
  const { protocol, hash } = URL.canParse(url) ? new URL(url) : { protocol: "", hash: "" };
  if ((protocol === "ws:" || protocol === "wss:") && hash === "") return;
  throw new InvalidInputError(
    `Cannot capture ${feed.id} from ${JSON.stringify(url)}: not a WebSocket URL. Nothing was started. Write wss://host/path`,
  );
}

function checkChannels(feed: Feed, channels: readonly string[]): void {
  const books = feed.books?.channels ?? [];
  const known = [...feed.channels, ...books.map(({ name }) => name)];
  const unknown = channels.filter((channel) => !known.includes(channel));
  const kept = books.filter(({ name, channel }) => channel === "book" && channels.includes(name));
  if (channels.length > 0 && unknown.length === 0 && kept.length <= 1) return;
  throw new InvalidInputError(
    `Cannot capture ${feed.id}: ${whatIsWrong(
      unknown,
      kept.map(({ name }) => name),
    )}. ` + `Nothing was started. Choose of ${known.join(", ")}`,
  );
}

function whatIsWrong(unknown: readonly string[], books: readonly string[]): string {
  if (unknown.length > 0) return `it has no channel ${unknown.join(", ")}`;
  return books.length > 1
    ? `${books.join(" and ")} are channels of one and the same book, of which only one can be kept`
    : "no channel is named";
}
