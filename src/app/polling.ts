import { type Clock, InvalidInputError, type Logger, type Metrics, type Random } from "../base/index.ts";
import type { Source } from "../domain/index.ts";
import {
  type ConnectionStatus,
  type PolledChannel,
  Poller,
  type PollRequests,
  pollConnection,
  polledChannels,
  type RestClients,
} from "../feeds/index.ts";
import type { Log } from "../log/index.ts";
import type { CapturedFeed } from "./capture.ts";
import { FetchedRecorder } from "./healing/fetched-recorder.ts";
import { type HealedFeed, healedFeeds } from "./healing/healed-feeds.ts";

export interface PollingOptions {
  readonly feeds: readonly CapturedFeed[];
  /** The local market's endpoint for a feed; undefined in live mode. */
  readonly simulated?: ((feed: string) => string) | undefined;
  /** Shared with all others who ask venues. */
  readonly clients: RestClients;
  readonly source: Source;
  readonly log: Pick<Log, "append">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What venues publish over HTTP alone, asked for at a cadence: of the feeds whose configuration names such channels. */
export interface Polling {
  /** One entry a feed that is polled, or that should be and cannot. */
  status(): readonly ConnectionStatus[];
  /**
   * Asks until aborted.
   *
   * @throws what the raw log rejects an append with
   */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs on this thread, beside the workers of isolated feeds: so all who ask a venue share its allowance. No answer is read
 * here.
 *
 * @throws {InvalidInputError} for a cadence of a channel that is not polled
 */
export function openPolling(options: PollingOptions): Polling {
  const { feeds, simulated, metrics } = options;
  for (const captured of feeds) checkCadence(captured);
  const polled = healedFeeds(feeds, simulated).flatMap((healed, index) => {
    const captured = feeds[index];
    return captured === undefined || polledOf(captured).length === 0 ? [] : [{ captured, healed }];
  });
  if (polled.length === 0) return { status: () => [], run: async () => {} };
  const requests = metrics.counter({
    name: "k2_poll_requests_total",
    help: "Requests for what venues publish over HTTP alone, by outcome: answered, refused, failed",
    labels: ["feed", "channel", "outcome"],
  });
  const pollers = polled.flatMap(({ captured, healed }) => pollerOf(captured, healed, requests, options) ?? []);
  const unasked = polled.filter(({ healed }) => healed.endpoint === undefined).map(({ captured }) => captured);
  for (const { feed } of unasked) options.logger.warn({ feed: feed.id }, UNASKED);
  return {
    status: () => [...pollers.map((poller) => poller.status()), ...unasked.map(unaskedStatus)],
    run: async (signal) => void (await Promise.all(pollers.map((poller) => poller.run(signal)))),
  };
}

function polledOf({ feed, config }: CapturedFeed): readonly PolledChannel[] {
  return polledChannels(feed, config.channels ?? []);
}

function checkCadence({ feed, config }: CapturedFeed): void {
  const known = feed.venueData?.polled?.map(({ name }) => name) ?? [];
  const unknown = Object.keys(config.pollEveryMs ?? {}).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new InvalidInputError(
    `Feed ${feed.id} does not poll ${unknown.join(", ")}, which pollEveryMs names; it polls ${known.join(", ") || "nothing"}. ` +
      "Nothing was started. Correct feeds.pollEveryMs",
  );
}

/** Undefined where nobody can be asked. */
function pollerOf(
  { feed, config, symbols }: CapturedFeed,
  healed: HealedFeed,
  requests: PollRequests,
  { clients, log, source, clock, random, logger }: PollingOptions,
): Poller | undefined {
  const { endpoint } = healed;
  if (endpoint === undefined || feed.rest === undefined) return undefined;
  const { limits } = feed.rest;
  const recorder = new FetchedRecorder(log, source);
  // A partition of their own, behind those of the connections: what reads frames of sockets never meets them.
  const connection = pollConnection(feed.id);
  const place = { ...healed, partitions: new Map([[connection, healed.partitions.size]]) };
  return new Poller({
    ...{ feed, connection, channels: polledOf({ feed, config, symbols }), rawSymbols: [...symbols.keys()] },
    ...{ everyMs: config.pollEveryMs, client: clients.of(endpoint, limits), limits, clock, random, logger, requests },
    record: (response) => recorder.fetched({ connection, epoch: 0 }, place, response, undefined),
  });
}

const UNASKED =
  "Not asked for what the venue publishes over HTTP alone: the feed has a url of its own, and no restUrl says whom to ask";

function unaskedStatus({ feed, symbols }: CapturedFeed): ConnectionStatus {
  return {
    ...{ feed: feed.id, venue: feed.venue, connection: pollConnection(feed.id), state: "stopped", epoch: 0 },
    ...{
      url: "",
      urls: [],
      breaker: "closed",
      failuresInRow: 0,
      symbols: [...symbols.keys()],
      lastFrameAtNs: undefined,
    },
    ...{ framesTotal: 0, bytesTotal: 0, reconnectsTotal: 0, lastError: UNASKED, subscribedAtNs: undefined },
    ...{ unflushedBytes: 0, isPaused: false },
  };
}
