import type { Clock, Logger, Random } from "../base/index.ts";
import { InvalidInputError } from "../base/index.ts";
import type { Source } from "../domain/index.ts";
import { Connection } from "./connection.ts";
import { type ConnectionPlan, planConnections } from "./connection-plan.ts";
import { type ConnectionSettings, DEFAULT_CONNECTION_SETTINGS } from "./connection-settings.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import type { Feed } from "./feed.ts";
import type { FeedMeters } from "./feed-meters.ts";
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
  /** Of `feed.channels`, `feed.books` and `feed.venueData`; default: the first of `feed.channels`. */
  readonly channels?: readonly string[] | undefined;
  /** What every frame record says of itself. */
  readonly source: Source;
  /** The last epoch in the log by connection name; a connection that is absent starts at epoch 1. */
  readonly lastEpochs: ReadonlyMap<string, number>;
  readonly sink: FrameSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: FeedMeters;
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

/** What a run will do, once its options are known to be usable. */
export interface RunPlan {
  readonly channels: readonly string[];
  /** The preferred first. */
  readonly urls: readonly string[];
  readonly plans: readonly ConnectionPlan[];
}

/** @throws {InvalidInputError} when symbols, channels or URL are not usable */
export function planRun(options: Pick<FeedRunOptions, "feed" | "url" | "urls" | "rawSymbols" | "channels">): RunPlan {
  const { feed, rawSymbols, channels = feed.channels.slice(0, 1) } = options;
  checkChannels(feed, channels);
  if (options.urls === undefined && options.url === undefined) checkLogins(feed, channels);
  feed.requires?.();
  const urls = options.urls ?? [options.url ?? endpointOf(feed, channels)];
  for (const url of urls) checkUrl(feed, url);
  return { channels, urls, plans: planConnections(feed, rawSymbols, channels) };
}

/**
 * Where one connection goes, the preferred first: elsewhere than to the venue if a URL that is not its own was given.
 *
 * @param of the channels of the connection
 */
export function urlsOf(feed: Feed, { urls, channels }: Pick<RunPlan, "urls" | "channels">): readonly string[] {
  const own = [feed.url, ...Object.values(feed.channelUrls ?? {})];
  return urls.every((url) => own.includes(url)) ? [endpointOf(feed, channels)] : urls;
}

/**
 * Captures one feed: connects, subscribes, records every frame before anything looks at it, and keeps doing so.
 * Connections do not depend on each other; the network's failures are retried for ever and never end the run.
 *
 * @throws {InvalidInputError} when symbols, channels or URL are not usable; nothing was started
 */
export function runFeed(options: FeedRunOptions): FeedRun {
  const { feed, signal } = options;
  const { channels, urls, plans } = planRun(options);
  const settings = { ...DEFAULT_CONNECTION_SETTINGS, ...options.settings };
  const connections = plans.map(
    ({ index, name, symbols, channels: planned = channels }) =>
      new Connection({
        ...options,
        openSocket: options.openSocket ?? feed.openSocket ?? openWebSocket,
        logger: options.logger.child({ feed: feed.id, connection: name }),
        settings,
        name,
        urls: urlsOf(feed, { urls, channels: planned }),
        symbols,
        channels: planned,
        subscribeFrames: feed.subscribe(symbols, planned),
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

/** Where the venue serves a channel that the connection begins with; those of one connection have the same. */
function endpointOf(feed: Feed, [channel = ""]: readonly string[]): string {
  const url = feed.channelUrls?.[channel] ?? feed.url;
  if (url !== undefined) return url;
  throw new InvalidInputError(
    `Cannot capture ${feed.id} from the venue, which retired this protocol. Nothing was started. ` +
      `${feed.retired ?? "Choose another feed"}, or give the feed the url of a \`k2 replay\` of old captures`,
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
  const others = (feed.venueData?.channels ?? []).map(({ name }) => name);
  const known = [...new Set([...feed.channels, ...books.map(({ name }) => name), ...others])];
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

/** At the venue's own endpoint. */
function checkLogins({ id, name, books }: Feed, channels: readonly string[]): void {
  const refused = channels.filter((channel) => books?.loginChannels?.includes(channel));
  if (refused.length === 0) return;
  const others = books?.channels.filter((channel) => !books.loginChannels?.includes(channel.name)) ?? [];
  throw new InvalidInputError(
    `Cannot capture ${refused.join(", ")} of ${id}: ${name} serves it only to who logs in, and K2 logs in nowhere. ` +
      `Nothing was started. Choose ${others.map((channel) => channel.name).join(" or ")} for the book, ` +
      "or give the feed the url of an endpoint that asks for no login",
  );
}

function whatIsWrong(unknown: readonly string[], books: readonly string[]): string {
  if (unknown.length > 0) return `it has no channel ${unknown.join(", ")}`;
  return books.length > 1
    ? `${books.join(" and ")} are channels of one and the same book, of which only one can be kept`
    : "no channel is named";
}
