import { createMetrics, type Metrics } from "../../base/index.ts";
import type { BookTally } from "./book-tally.ts";

/** What happened in one durable transaction of the books. */
export class BooksMetrics {
  readonly #frames;
  readonly #messages;
  readonly #rows;
  readonly #gaps;
  readonly #latency;

  constructor(metrics: Metrics = createMetrics()) {
    this.#frames = metrics.counter({
      name: "k2_books_frames_total",
      help: "Received frames of feeds with book channels by what they were to the reader of books",
      labels: ["outcome"],
    });
    this.#messages = metrics.counter({
      name: "k2_books_messages_total",
      help: "Messages of book and quote channels: taken into a book, or passed as known already or not of the running socket",
      labels: ["outcome"],
    });
    this.#rows = metrics.counter({
      name: "k2_books_rows_total",
      help: "Quotes, changed levels and snapshots written to the event log",
      labels: ["kind"],
    });
    this.#gaps = metrics.counter({
      name: "k2_books_gaps_total",
      help: "Times that a book could not be proven any more",
      labels: ["cause"],
    });
    this.#latency = metrics.histogram({
      name: "k2_books_latency_ms",
      help: "From the receipt of a transaction's last frame to its durable events",
      labels: [],
      buckets: [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000, 5000, 60_000],
    });
  }

  durable(tally: BookTally, latencyMs: number): void {
    for (const [outcome, count] of Object.entries(tally.frames)) if (count > 0) this.#frames.add({ outcome }, count);
    if (tally.messages > tally.passed) this.#messages.add({ outcome: "taken" }, tally.messages - tally.passed);
    if (tally.passed > 0) this.#messages.add({ outcome: "passed" }, tally.passed);
    const { quotes, levels, snapshots } = tally;
    for (const [kind, count] of Object.entries({ quotes, levels, snapshots }))
      if (count > 0) this.#rows.add({ kind }, count);
    for (const [cause, count] of tally.gapsOpened) this.#gaps.add({ cause }, count);
    this.#latency.observe({}, latencyMs);
  }
}
