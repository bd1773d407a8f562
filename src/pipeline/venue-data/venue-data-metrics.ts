import { createMetrics, type Metrics } from "../../base/index.ts";
import type { VenueDataOutput } from "./venue-data-output.ts";

/** What happened in one transaction of venue data. */
export class VenueDataMetrics {
  readonly #frames;
  readonly #records;
  readonly #latency;

  constructor(metrics: Metrics = createMetrics()) {
    this.#frames = metrics.counter({
      name: "k2_venue_data_frames_total",
      help: "Received frames of feeds with channels of tickers, candles, funding, liquidations or status; unread: without a mark of these",
      labels: ["outcome"],
    });
    this.#records = metrics.counter({
      name: "k2_venue_data_records_total",
      help: "Records of these channels: row (kept), repeat (as it was said last), late (of an older socket) or refused",
      labels: ["kind", "outcome"],
    });
    this.#latency = metrics.histogram({
      name: "k2_venue_data_latency_ms",
      help: "From the receipt of a transaction's last frame to its durable events",
      labels: [],
      buckets: [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000, 5000, 60_000],
    });
  }

  durable({ frames, records }: VenueDataOutput, latencyMs: number): void {
    for (const [outcome, count] of Object.entries(frames)) if (count > 0) this.#frames.add({ outcome }, count);
    for (const [kind, counts] of records) {
      for (const [outcome, count] of Object.entries(counts)) if (count > 0) this.#records.add({ kind, outcome }, count);
    }
    if (records.size > 0) this.#latency.observe({}, latencyMs);
  }
}
