import type { CounterMetric, Metrics } from "../../base/index.ts";
import type { TopicState } from "./topic-state.ts";

/** What the store tells of itself; silent without metrics. */
export class StoreMetrics {
  readonly #applied: CounterMetric<"topic"> | undefined;
  readonly #waits: CounterMetric<never> | undefined;
  #waiting = 0;

  constructor(metrics: Metrics | undefined, topics: readonly TopicState[]) {
    if (metrics === undefined) return;
    this.#applied = metrics.counter({
      name: "k2_store_rows_applied_total",
      help: "Rows taken into the store",
      labels: ["topic"],
    });
    this.#waits = metrics.counter({
      name: "k2_store_waits_total",
      help: "Chunks that had to wait because the store was full of rows that the lake does not have",
      labels: [],
    });
    const rows = metrics.gauge({ name: "k2_store_rows", help: "Rows held", labels: ["topic"] });
    const bytes = metrics.gauge({
      name: "k2_store_record_bytes",
      help: "Record bytes of rows held",
      labels: ["topic"],
    });
    const segments = metrics.gauge({ name: "k2_store_segments", help: "Segments held", labels: ["topic"] });
    const waiting = metrics.gauge({ name: "k2_store_waiting", help: "Chunks that wait for room now", labels: [] });
    metrics.onCollect(() => {
      waiting.set({}, this.#waiting);
      for (const topic of topics) {
        rows.set({ topic: topic.topic }, topic.rows);
        bytes.set({ topic: topic.topic }, topic.bytes);
        segments.set({ topic: topic.topic }, topic.segments.length);
      }
    });
  }

  applied(topic: string, rows: number): void {
    this.#applied?.add({ topic }, rows);
  }

  /** Counts one wait for room, until disposed. */
  waiting(): Disposable {
    this.#waits?.add({});
    this.#waiting += 1;
    return {
      [Symbol.dispose]: () => {
        this.#waiting -= 1;
      },
    };
  }
}
