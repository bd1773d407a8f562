import type { CounterMetric, Metrics } from "../../base/index.ts";

/** What the way to an object store tells of itself. */
export interface StorageMetrics {
  readonly requests: CounterMetric<"operation" | "outcome">;
  readonly cacheFiles: CounterMetric<"outcome">;
}

/** @param cacheBytes asked at each exposition */
export function createStorageMetrics(metrics: Metrics, cacheBytes: () => number): StorageMetrics {
  const held = metrics.gauge({
    name: "k2_lake_cache_bytes",
    help: "Local copies of remote files, those under way included",
    labels: [],
  });
  metrics.onCollect(() => held.set({}, cacheBytes()));
  return {
    requests: metrics.counter({
      name: "k2_lake_storage_requests_total",
      help: "Requests to the object store, each try: answered (refusals too), retried after a failure, or failed for good",
      labels: ["operation", "outcome"],
    }),
    cacheFiles: metrics.counter({
      name: "k2_lake_cache_files_total",
      help: "Remote files that scans asked for: hit where there was a copy, fetched where not",
      labels: ["outcome"],
    }),
  };
}
