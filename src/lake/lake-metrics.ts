import type { CounterMetric, HistogramMetric, Metrics } from "../base/index.ts";

/** What the lake tells of itself. */
export interface LakeMetrics {
  readonly commits: CounterMetric<"table" | "outcome">;
  readonly commitSeconds: HistogramMetric<"table">;
  readonly retries: CounterMetric<"table">;
  readonly stagedRows: CounterMetric<"table">;
  readonly stagedBytes: CounterMetric<"table">;
}

export function createLakeMetrics(metrics: Metrics): LakeMetrics {
  return {
    commits: metrics.counter({
      name: "k2_lake_commits_total",
      help: "Commits by table and outcome: committed or refused",
      labels: ["table", "outcome"],
    }),
    commitSeconds: metrics.histogram({
      name: "k2_lake_commit_seconds",
      help: "From the call to the durable commit, retries and waiting included",
      labels: ["table"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    }),
    retries: metrics.counter({
      name: "k2_lake_commit_retries_total",
      help: "Attempts beyond the first, because another writer was first",
      labels: ["table"],
    }),
    stagedRows: metrics.counter({
      name: "k2_lake_staged_rows_total",
      help: "Rows written to Parquet",
      labels: ["table"],
    }),
    stagedBytes: metrics.counter({
      name: "k2_lake_staged_bytes_total",
      help: "Bytes of the Parquet files written",
      labels: ["table"],
    }),
  };
}
