import type { CounterMetric, HistogramMetric, Metrics } from "../../base/index.ts";
import type { ShardIndex } from "./shard-index.ts";

const SYNC_SECONDS_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const GROUP_SIZE_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024];

/** What one shard tells of its writing. */
export interface LogMeters {
  committed(appends: number, bytes: number): void;
  synced(durationMs: number): void;
}

type Shard = "shard";

/** The log's metrics, made once a log; `of` gives a shard's own. */
export class LogMetrics {
  readonly #appends: CounterMetric<Shard> | undefined;
  readonly #bytes: CounterMetric<Shard> | undefined;
  readonly #syncSeconds: HistogramMetric<Shard> | undefined;
  readonly #groupSize: HistogramMetric<Shard> | undefined;
  readonly #tornTails: CounterMetric<Shard> | undefined;

  constructor(metrics: Metrics | undefined, shards: () => Iterable<ShardIndex>) {
    const labels = ["shard"] as const;
    const help = (text: string) => ({ help: text, labels });
    this.#appends = metrics?.counter({ name: "k2_log_appends_total", ...help("Appends that became durable") });
    this.#bytes = metrics?.counter({
      name: "k2_log_append_bytes_total",
      ...help("Bytes of records that became durable"),
    });
    this.#tornTails = metrics?.counter({
      name: "k2_log_torn_tails_total",
      ...help("Writes that were cut off before they were acknowledged, found and removed at opening"),
    });
    this.#syncSeconds = metrics?.histogram({
      name: "k2_log_sync_seconds",
      ...help("Writing one group and waiting until the device has it"),
      buckets: SYNC_SECONDS_BUCKETS,
    });
    this.#groupSize = metrics?.histogram({
      name: "k2_log_group_size",
      ...help("Appends that shared one sync"),
      buckets: GROUP_SIZE_BUCKETS,
    });
    const segments = metrics?.gauge({ name: "k2_log_segments", ...help("Segment files") });
    const bytes = metrics?.gauge({
      name: "k2_log_bytes",
      ...help("Bytes of all segment files, without what is zeroed ahead"),
    });
    metrics?.onCollect(() => {
      for (const index of shards()) {
        segments?.set({ shard: index.shard }, index.segments.length);
        bytes?.set({ shard: index.shard }, index.byteLength);
      }
    });
  }

  tornTail(shard: string): void {
    this.#tornTails?.add({ shard });
  }

  of(shard: string): LogMeters {
    const labels = { shard };
    return {
      committed: (appends, bytes) => {
        this.#appends?.add(labels, appends);
        this.#bytes?.add(labels, bytes);
        this.#groupSize?.observe(labels, appends);
      },
      synced: (durationMs) => this.#syncSeconds?.observe(labels, durationMs / 1000),
    };
  }
}
