import { backoffMs, type Clock, describeError, type RecordBatch } from "../../base/index.ts";
import type { ConnectionClosed } from "../../domain/index.ts";
import type { ConnectionStatus } from "../connection-status.ts";
import { Endpoints } from "../endpoints.ts";
import type { FeedMetrics } from "../feed-metrics.ts";
import { type FeedRun, type FeedRunOptions, planRun, urlsOf } from "../feed-run.ts";
import { FramesNotRecordedError } from "../frames-not-recorded-error.ts";
import { closedRecord, IsolatedConnection } from "./isolated-connection.ts";
import { DEFAULT_ISOLATION_SETTINGS, type IsolationSettings } from "./isolation-settings.ts";
import type { CountedEvent, FeedOrigin, FromWorker, WorkerStart } from "./protocol.ts";
import { SharedCounters } from "./shared-counters.ts";
import { WorkerLife } from "./worker-life.ts";

export interface IsolatedFeedOptions extends Omit<FeedRunOptions, "openSocket" | "metrics"> {
  readonly metrics: FeedMetrics;
  /** Where the worker finds the feed; default: among K2's own, by its id. */
  readonly origin?: FeedOrigin;
  readonly isolation?: Partial<IsolationSettings>;
}

/**
 * Captures one feed like `runFeed`, in a worker of its own: whatever happens there, other feeds do not notice. A worker that
 * throws, runs out of memory, exits or is stuck is replaced after a pause; epochs go on, and what was missed is a gap of
 * cause "crash". After several crashes in a row the circuit breaker opens: nothing is started for a while, then once.
 *
 * The sink is called on this thread. A batch that it was given before the crash is in the log whole, or not at all.
 *
 * The worker's clock is the system's; `clock` is for the pauses, and for the time of the record that a crash leaves.
 *
 * @throws {InvalidInputError} when symbols, channels or URL are not usable; nothing was started
 */
export function runIsolatedFeed(options: IsolatedFeedOptions): FeedRun {
  const supervisor = new Supervisor(options);
  const { signal, metrics } = options;
  const watches = supervisor.connections.map((_, index) => metrics.watch(() => supervisor.statusOf(index)));
  const stop = (): void => supervisor.stop();
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const ended = supervisor.run().finally(() => {
    signal?.removeEventListener("abort", stop);
    for (const watch of watches) watch[Symbol.dispose]();
  });
  ended.catch(() => {}); // Also told by onFailed and the log: not to look at `ended` must not end the process.
  return {
    feed: options.feed,
    status: () => supervisor.connections.map((_, index) => supervisor.statusOf(index)),
    request: (connection, epoch, frames) => supervisor.request(connection, epoch, frames),
    ended,
    async [Symbol.asyncDispose]() {
      stop();
      await Promise.allSettled([ended]);
    },
  };
}

class Supervisor {
  readonly connections: readonly IsolatedConnection[];
  readonly #options: IsolatedFeedOptions;
  readonly #settings: IsolationSettings;
  readonly #clock: Clock;
  readonly #channels: readonly string[];
  readonly #urls: readonly string[];
  readonly #stopping = new AbortController();
  /** Of the worker itself; each connection in it has one of its own for its venue. */
  readonly #crashes: Endpoints;
  #counted: SharedCounters | undefined;
  #life: WorkerLife | undefined;
  /** Connections whose frames the log refused: told once each. */
  readonly #failed = new Set<string>();
  #failure: FramesNotRecordedError | undefined;

  constructor(options: IsolatedFeedOptions) {
    const { channels, urls, plans } = planRun(options);
    const { feed, lastEpochs, clock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#settings = { ...DEFAULT_ISOLATION_SETTINGS, ...options.isolation };
    this.#channels = channels;
    this.#urls = urls;
    const { breakerCrashes, breakerPauseMs } = this.#settings;
    this.#crashes = new Endpoints(urls.slice(0, 1), {
      ...{ failoverFailures: 1, breakerFailures: breakerCrashes, breakerPauseMs },
    });
    this.connections = plans.map(
      (plan) =>
        new IsolatedConnection(plan, {
          ...{ feed: feed.id, venue: feed.venue },
          urls: urlsOf(feed, { urls, channels: plan.channels ?? channels }),
          lastEpoch: lastEpochs.get(plan.name) ?? 0,
        }),
    );
  }

  statusOf(index: number): ConnectionStatus {
    const connection = this.connections[index];
    if (connection === undefined) throw new RangeError(`There is no connection ${index}`);
    const status = connection.status(this.#counted?.read(index));
    const { breaker, failures } = this.#crashes;
    if (failures === 0 || this.#isHealthy(this.#life)) return status;
    const worse = breaker === "closed" ? status.breaker : breaker;
    return { ...status, breaker: worse, failuresInRow: status.failuresInRow + failures };
  }

  #isHealthy(life: WorkerLife | undefined): boolean {
    return life !== undefined && life.ageMs >= this.#settings.healthyMs;
  }

  request(name: string, epoch: number, frames: readonly string[]): boolean {
    const index = this.connections.findIndex(({ plan }) => plan.name === name);
    if (index < 0 || this.#life === undefined) return false;
    const status = this.statusOf(index);
    if (status.state !== "live" || status.epoch !== epoch) return false;
    this.#life.post({ kind: "request", connection: name, epoch, frames });
    return true;
  }

  stop(): void {
    this.#stopping.abort();
    this.#life?.stop();
  }

  /** One worker after the other, until one ends because it was asked to. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted && this.#failure === undefined) {
      const crash = await this.#live();
      if (crash === undefined) break;
      const pauseMs = await this.#crashed(crash);
      if (this.#failure === undefined) await this.#clock.sleep(pauseMs, { signal }).catch(() => {});
    }
    for (const connection of this.connections) connection.left(NO_COUNTS, { state: "stopped" });
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** @returns why the worker ended; undefined: it was asked to */
  async #live(): Promise<string | undefined> {
    const { feed, settings = {}, rawSymbols, source } = this.#options;
    this.#crashes.trying();
    const counters = SharedCounters.of(this.connections.length);
    const start: WorkerStart = {
      ...{ feed: this.#options.origin ?? { id: feed.id }, urls: this.#urls, rawSymbols, channels: this.#channels },
      ...{ source, settings, counters: counters.buffer, heartbeatEveryMs: this.#settings.heartbeatEveryMs },
      lastEpochs: new Map(this.connections.map(({ plan, epoch }) => [plan.name, epoch])),
    };
    const life = new WorkerLife({
      ...{ name: `k2 ${feed.id}`, start, settings: this.#settings, clock: this.#clock },
      onMessage: (message) => this.#heard(message, life),
    });
    this.#counted = counters;
    this.#life = life;
    const crash = await life.ended;
    if (this.#isHealthy(life)) this.#crashes.healthy();
    this.#life = undefined;
    await Promise.all(this.connections.map((connection) => connection.settled()));
    if (crash !== undefined) return crash;
    // A worker that was ended before it had said that it runs may have opened sockets all the same.
    await this.#recordEnds({ cause: "shutdown", detail: "K2 stopped capturing" });
    this.#leave();
    return undefined;
  }

  #leave(crash?: string): void {
    const counted = this.#counted;
    this.#counted = undefined;
    for (const [index, connection] of this.connections.entries())
      connection.left(counted?.read(index) ?? NO_COUNTS, {
        ...(crash === undefined ? { state: "stopped" } : { state: "waiting", crash }),
      });
  }

  /** Writes down which sockets ended with the worker. @returns how long to wait before the next */
  async #crashed(reason: string): Promise<number> {
    const { feed, logger, random, metrics } = this.#options;
    const { restartFirstMs, restartMsMax, breakerCrashes } = this.#settings;
    const lostBytes = this.connections.reduce((sum, _, index) => sum + this.statusOf(index).unflushedBytes, 0);
    const attempt = this.#crashes.failures;
    const backoff = backoffMs(attempt, { firstMs: restartFirstMs, maxMs: restartMsMax, random });
    const pauseMs = Math.max(backoff, this.#crashes.failed());
    const crash = `The worker that captures ${feed.id} ended: ${reason}`;
    const fields = { feed: feed.id, reason, lostBytes, crashes: attempt + 1, pauseMs };
    logger.error(fields, "a feed's worker ended by itself; its sockets are opened anew after a pause");
    if (this.#crashes.breaker === "open")
      logger.error({ ...fields, breakerCrashes }, "the feed cannot be captured: waiting before one more try");
    metrics.crashed(feed.id);
    const ends = this.#recordEnds({ cause: "crash", detail: crash });
    this.#leave(crash);
    for (const { plan, failure: cause } of this.connections) {
      if (cause !== undefined) this.#fail(new FramesNotRecordedError(plan.name, { unflushedBytes: lostBytes, cause }));
    }
    await ends;
    return pauseMs;
  }

  async #recordEnds(closed: ConnectionClosed): Promise<void> {
    const open = this.connections.filter(({ isOpen, failure }) => isOpen && failure === undefined);
    await Promise.all(open.map((connection) => this.#recordEnd(connection, closed)));
  }

  async #recordEnd(connection: IsolatedConnection, closed: ConnectionClosed): Promise<void> {
    const { feed, source, sink, metrics } = this.#options;
    const { name, index } = connection.plan;
    if (closed.cause === "crash") metrics.reconnected({ feed: feed.id, connection: name }, closed.cause);
    const timeNs = this.#clock.nowNs();
    const record = closedRecord({ feed: feed.id, connection: name, epoch: connection.epoch, source, timeNs }, closed);
    try {
      await sink(index, record);
    } catch (cause) {
      this.#fail(new FramesNotRecordedError(name, { unflushedBytes: 0, cause }));
    }
  }

  #heard(message: FromWorker, life: WorkerLife): void {
    switch (message.kind) {
      case "frames":
        this.#append(message.connection, message.records, life);
        break;
      case "status":
        this.connections[message.connection]?.told(message.status);
        break;
      case "count":
        this.#count(message.connection, message.event);
        break;
      case "log":
        this.#options.logger[message.level](message.fields, message.text);
        break;
      case "failed": {
        const { connection, unflushedBytes, reason } = message;
        const cause = this.connections.find(({ plan }) => plan.name === connection)?.failure ?? new Error(reason);
        this.#fail(new FramesNotRecordedError(connection, { unflushedBytes, cause }));
        break;
      }
      case "ready":
      case "ended":
        break; // The worker's life is watched by WorkerLife.
    }
  }

  #append(index: number, records: RecordBatch, life: WorkerLife): void {
    const connection = this.connections[index];
    if (connection === undefined) return;
    const { sink, metrics, feed } = this.#options;
    const startMs = this.#clock.monotonicMs();
    const append = async (): Promise<void> => {
      try {
        await sink(index, records);
        metrics.flushed(
          { feed: feed.id, connection: connection.plan.name },
          (this.#clock.monotonicMs() - startMs) / 1e3,
        );
        life.post({ kind: "appended", connection: index });
      } catch (error) {
        connection.failure = error;
        life.post({ kind: "refused", connection: index, reason: describeError(error) });
      }
    };
    connection.handedOver(records, append());
  }

  #count(connection: string, event: CountedEvent): void {
    const { metrics, feed } = this.#options;
    const labels = { feed: feed.id, connection };
    if (event.kind === "reconnected") metrics.reconnected(labels, event.cause);
    else if (event.kind === "connectFailed") metrics.connectFailed(labels);
    else if (event.kind === "subscriptionRefused") metrics.subscriptionRefused(labels);
    else metrics.paused(labels);
  }

  #fail(error: FramesNotRecordedError): void {
    if (this.#failed.has(error.connection)) return;
    this.#failed.add(error.connection);
    this.#failure ??= error;
    this.#options.onFailed?.(error);
  }
}

const NO_COUNTS = { framesTotal: 0, bytesTotal: 0, lastFrameAtNs: undefined, unflushedBytes: 0 };
