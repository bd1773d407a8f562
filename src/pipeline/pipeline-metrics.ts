import { createMetrics, type Metrics } from "../base/index.ts";
import type { Bar, Listings, Refusal, TradeBatch } from "../domain/index.ts";
import { type FeedCounts, OUTCOMES } from "./counters.ts";

/** What happened in one durable transaction, told once a transaction rather than once a trade. */
export class PipelineMetrics {
  readonly #frames;
  readonly #trades;
  readonly #duplicates;
  readonly #refused;
  readonly #bars;
  readonly #chunkSeconds;
  readonly #latency;
  #rowsByListing: Uint32Array = new Uint32Array(64);

  constructor(metrics: Metrics = createMetrics()) {
    this.#frames = metrics.counter({
      name: "k2_pipeline_frames_total",
      help: "Raw records by what became of them; their sum is all raw records",
      labels: ["feed", "outcome"],
    });
    this.#trades = metrics.counter({
      name: "k2_pipeline_trades_total",
      help: "Trades written to the event log",
      labels: ["venue"],
    });
    this.#duplicates = metrics.counter({
      name: "k2_pipeline_duplicates_total",
      help: "Trades that came again and were not written again",
      labels: ["feed"],
    });
    this.#refused = metrics.counter({
      name: "k2_pipeline_refused_total",
      help: "Frames and records put in quarantine",
      labels: ["feed", "stage", "reason"],
    });
    this.#bars = metrics.counter({
      name: "k2_pipeline_bars_total",
      help: "Revisions of bars written",
      labels: ["interval", "cause"],
    });
    this.#chunkSeconds = metrics.histogram({
      name: "k2_pipeline_chunk_seconds",
      help: "From taking a chunk of frames to its events being durable",
      labels: [],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    });
    this.#latency = metrics.histogram({
      name: "k2_pipeline_latency_ms",
      help: "From the receipt of a chunk's oldest trade to its durable event; one observation a chunk",
      labels: [],
      buckets: [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000, 5000, 60_000],
    });
  }

  feed(feed: string, counts: FeedCounts): void {
    for (const outcome of OUTCOMES) {
      if (counts.frames[outcome] > 0) this.#frames.add({ feed, outcome }, counts.frames[outcome]);
    }
    if (counts.duplicates + counts.unproven > 0) this.#duplicates.add({ feed }, counts.duplicates + counts.unproven);
  }

  trades(trades: TradeBatch, listings: Listings): void {
    if (this.#rowsByListing.length < listings.count) this.#rowsByListing = new Uint32Array(listings.count * 2);
    const rows = this.#rowsByListing;
    for (let row = 0; row < trades.length; row += 1) {
      const listing = trades.listing[row] ?? 0;
      rows[listing] = (rows[listing] ?? 0) + 1;
    }
    for (const { index, venue } of listings.all()) {
      const count = rows[index] ?? 0;
      if (count === 0) continue;
      this.#trades.add({ venue }, count);
      rows[index] = 0;
    }
  }

  refusals(refusals: readonly Refusal[]): void {
    for (const { feed, stage, reason } of refusals) this.#refused.add({ feed, stage, reason });
  }

  bars(bars: readonly Bar[]): void {
    for (const { interval, cause } of bars) this.#bars.add({ interval, cause });
  }

  chunk(seconds: number, latencyMs: number | undefined): void {
    this.#chunkSeconds.observe({}, seconds);
    if (latencyMs !== undefined) this.#latency.observe({}, latencyMs);
  }
}
