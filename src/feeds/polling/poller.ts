import { backoffMs, type Clock, type CounterMetric, type Logger, type Random } from "../../base/index.ts";
import type { ConnectionStatus } from "../connection-status.ts";
import type { Feed } from "../feed.ts";
import { describeFetchError, type RestClient, type RestResponse } from "../rest/rest-client.ts";
import type { RestLimits } from "../rest/rest-trades.ts";
import { type Poll, PollSchedule } from "./poll-schedule.ts";
import type { PolledChannel } from "./polled-channel.ts";

/** answered: the venue's data. refused: another answer. failed: none at all. */
export type PollRequests = CounterMetric<"feed" | "channel" | "outcome">;

export interface PollerOptions {
  readonly feed: Pick<Feed, "id" | "venue">;
  /** What its records say instead of a connection's name: see `pollConnection`. */
  readonly connection: string;
  readonly channels: readonly PolledChannel[];
  readonly rawSymbols: readonly string[];
  /** By channel, instead of its own. */
  readonly everyMs?: Readonly<Record<string, number>> | undefined;
  /** Shared by all who ask this endpoint. */
  readonly client: Pick<RestClient, "get" | "endpoint">;
  readonly limits: RestLimits;
  /** Puts an answer, whatever its status, into the raw log. What it rejects with ends the run. */
  readonly record: (response: RestResponse) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly requests: PollRequests;
}

/** What fails is asked for ever more seldom, up to this. */
const PAUSE_MS_MAX = 15 * 60_000;
const OK = 200;
const BAD_REQUEST = 400;

/** Polled answers stand in the raw log under this name, beside a feed's connections. */
export function pollConnection(feed: string): string {
  return `${feed}/rest`;
}

/**
 * Asks a venue for what it publishes over HTTP alone, at a cadence: one request after the other. Each answer is durable in
 * the raw log before anything looks at it. A venue that refuses or cannot be reached is asked on, ever more seldom; it
 * never ends a run.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #schedule: PollSchedule;
  #state: ConnectionStatus["state"] = "connecting";
  #lastAnswerNs: bigint | undefined;
  #liveSinceNs: bigint | undefined;
  #answers = 0;
  #bytes = 0;
  #failuresInRow = 0;
  #lastError: string | undefined;

  constructor(options: PollerOptions) {
    const { clock, logger, feed } = options;
    this.#options = options;
    this.#schedule = new PollSchedule({ ...options, nowMs: clock.monotonicMs() });
    const { stretch } = this.#schedule;
    if (stretch > 1) logger.warn({ feed: feed.id, stretch }, "polled more seldom: the venue's limits allow no more");
  }

  /** As a connection's, so that it is seen where those are: no socket, hence epoch 0; frames are answers. */
  status(): ConnectionStatus {
    const { feed, connection, client, rawSymbols } = this.#options;
    return {
      ...{ feed: feed.id, venue: feed.venue, connection, state: this.#state, epoch: 0 },
      ...{ url: client.endpoint, urls: [client.endpoint], breaker: "closed", failuresInRow: this.#failuresInRow },
      ...{
        symbols: rawSymbols,
        lastFrameAtNs: this.#lastAnswerNs,
        framesTotal: this.#answers,
        bytesTotal: this.#bytes,
      },
      ...{ reconnectsTotal: 0, lastError: this.#lastError, subscribedAtNs: this.#liveSinceNs },
      ...{ unflushedBytes: 0, isPaused: false },
    };
  }

  /**
   * Asks until aborted.
   *
   * @throws what the raw log rejects an answer with; nothing that the venue or the network does
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    try {
      for (let poll = this.#schedule.next; poll !== undefined; poll = this.#schedule.next) {
        await clock.sleep(Math.max(0, poll.dueMs - clock.monotonicMs()), { signal });
        await this.#ask(poll, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#state = "stopped";
      this.#liveSinceNs = undefined;
    }
  }

  async #ask(poll: Poll, signal: AbortSignal): Promise<void> {
    const { client, record } = this.#options;
    let response: RestResponse;
    try {
      response = await client.get(poll.request, { signal });
    } catch (error) {
      signal.throwIfAborted();
      this.#failed(poll, "failed", `no answer: ${describeFetchError(error)}`);
      return;
    }
    await record(response);
    this.#answers += 1;
    this.#bytes += response.body.byteLength;
    this.#lastAnswerNs = response.receivedNs;
    const refusal = response.status === OK ? poll.channel.refusal?.(response.body) : `HTTP ${response.status}`;
    if (refusal === undefined) this.#answered(poll, response.receivedNs);
    else this.#failed(poll, "refused", refusal, response.status === BAD_REQUEST);
  }

  #answered(poll: Poll, receivedNs: bigint): void {
    const { feed, clock, requests } = this.#options;
    this.#schedule.answered(poll, clock.monotonicMs());
    this.#failuresInRow = 0;
    this.#state = "live";
    this.#liveSinceNs ??= receivedNs;
    requests.add({ feed: feed.id, channel: poll.channel.name, outcome: "answered" });
  }

  #failed(poll: Poll, outcome: "refused" | "failed", reason: string, isOfSymbols = false): void {
    const { feed, clock, random, logger, requests } = this.#options;
    const { channel, request, everyMs, failures } = poll;
    requests.add({ feed: feed.id, channel: channel.name, outcome });
    const nowMs = clock.monotonicMs();
    if (isOfSymbols && this.#schedule.halve(poll, nowMs)) return;
    const pauseMs = Math.max(
      everyMs,
      backoffMs(failures + 1, { firstMs: everyMs, maxMs: Math.max(everyMs, PAUSE_MS_MAX), random }),
    );
    this.#schedule.failed(poll, nowMs, pauseMs);
    this.#failuresInRow += 1;
    this.#state = "waiting";
    this.#liveSinceNs = undefined;
    this.#lastError = `${channel.name}: ${reason} (${request.path})`;
    logger.warn({ feed: feed.id, channel: channel.name, path: request.path, reason, pauseMs }, "a poll failed");
  }
}
