import type { CounterMetric, GaugeMetric, HistogramMetric, Metrics } from "../base/index.ts";
import type { ConnectionClosed } from "../domain/index.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import type { ConnectionLabels, FeedMeters } from "./feed-meters.ts";
import { SESSION_STATES } from "./session-state.ts";

type Label = "feed" | "connection";
type Labels = ConnectionLabels;

/** The metrics of all feeds of a process: made once, shared by every `runFeed`. */
export class FeedMetrics implements FeedMeters {
  readonly #watched = new Set<() => void>();
  readonly #frames: CounterMetric<Label>;
  readonly #bytes: CounterMetric<Label>;
  readonly #reconnects: CounterMetric<Label | "cause">;
  readonly #connectFailures: CounterMetric<Label>;
  readonly #refused: CounterMetric<Label>;
  readonly #pauses: CounterMetric<Label>;
  readonly #state: GaugeMetric<Label | "state">;
  readonly #unflushed: GaugeMetric<Label>;
  readonly #flush: HistogramMetric<Label>;
  readonly #crashes: CounterMetric<"feed">;

  constructor(metrics: Metrics) {
    const labels = ["feed", "connection"] as const;
    this.#frames = metrics.counter({ name: "k2_feed_frames_total", help: "Frames received", labels });
    this.#bytes = metrics.counter({ name: "k2_feed_bytes_total", help: "Payload bytes received", labels });
    this.#reconnects = metrics.counter({
      name: "k2_feed_reconnects_total",
      help: "Sockets that ended and were replaced, by cause: remote, stale, error, planned, crash",
      labels: [...labels, "cause"],
    });
    this.#connectFailures = metrics.counter({
      name: "k2_feed_connect_failures_total",
      help: "Tries to connect that the venue never accepted",
      labels,
    });
    this.#refused = metrics.counter({
      name: "k2_feed_subscriptions_refused_total",
      help: "Subscriptions that the venue refused",
      labels,
    });
    this.#pauses = metrics.counter({
      name: "k2_feed_pauses_total",
      help: "Times that reading stopped because the raw log could not keep up",
      labels,
    });
    this.#state = metrics.gauge({
      name: "k2_feed_connection_state",
      help: "1 for the state that the connection is in, 0 for the others",
      labels: [...labels, "state"],
    });
    this.#unflushed = metrics.gauge({
      name: "k2_feed_unflushed_bytes",
      help: "Bytes received and not yet durable",
      labels,
    });
    this.#flush = metrics.histogram({
      name: "k2_feed_flush_seconds",
      help: "Time from handing records to the raw log until they are durable",
      labels,
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    });
    this.#crashes = metrics.counter({
      name: "k2_feed_worker_crashes_total",
      help: "Times that the worker which captures the feed ended by itself",
      labels: ["feed"],
    });
    metrics.onCollect(() => {
      for (const publish of this.#watched) publish();
    });
  }

  /** Publishes a connection's numbers at each exposition; counting on the hot path stays an addition. */
  watch(status: () => ConnectionStatus): Disposable {
    let published = { framesTotal: 0, bytesTotal: 0 };
    const publish = (): void => {
      const now = status();
      const labels: Labels = { feed: now.feed, connection: now.connection };
      this.#frames.add(labels, now.framesTotal - published.framesTotal);
      this.#bytes.add(labels, now.bytesTotal - published.bytesTotal);
      published = now;
      this.#unflushed.set(labels, now.unflushedBytes);
      for (const state of SESSION_STATES) this.#state.set({ ...labels, state }, state === now.state ? 1 : 0);
    };
    this.#watched.add(publish);
    return {
      [Symbol.dispose]: () => {
        publish();
        this.#watched.delete(publish);
      },
    };
  }

  reconnected(labels: Labels, cause: ConnectionClosed["cause"]): void {
    this.#reconnects.add({ ...labels, cause });
  }
  connectFailed(labels: Labels): void {
    this.#connectFailures.add(labels);
  }
  subscriptionRefused(labels: Labels): void {
    this.#refused.add(labels);
  }
  paused(labels: Labels): void {
    this.#pauses.add(labels);
  }
  flushed(labels: Labels, seconds: number): void {
    this.#flush.observe(labels, seconds);
  }
  /** Of a feed that is captured in a worker of its own. */
  crashed(feed: string): void {
    this.#crashes.add({ feed });
  }
}
