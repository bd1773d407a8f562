import { createRequire } from "node:module";
import type * as prometheus from "prom-client";

/** Label names of a metric, fixed when it is made: a wrong label is a compile error. */
type Labels<L extends string> = Readonly<Record<L, string>>;

export interface CounterMetric<L extends string> {
  add(labels: Labels<L>, amount?: number): void;
}
export interface GaugeMetric<L extends string> {
  set(labels: Labels<L>, value: number): void;
}
export interface HistogramMetric<L extends string> {
  observe(labels: Labels<L>, value: number): void;
}

export interface MetricOptions<L extends string> {
  /** `k2_` + noun + unit (`_total` on counters), as Prometheus asks. */
  readonly name: `k2_${string}`;
  readonly help: string;
  readonly labels: readonly L[];
}

/** The one registry of a process. Each part makes its metrics at start; `/metrics` prints them all. */
export interface Metrics {
  counter<L extends string>(options: MetricOptions<L>): CounterMetric<L>;
  gauge<L extends string>(options: MetricOptions<L>): GaugeMetric<L>;
  histogram<L extends string>(options: MetricOptions<L> & { readonly buckets: readonly number[] }): HistogramMetric<L>;
  /** Runs before each exposition, for values that are cheaper read than kept. */
  onCollect(collect: () => void): void;
  /** Prometheus text exposition format 0.0.4. */
  expose(): Promise<string>;
}

/** Of the text exposition format. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function createMetrics(): Metrics {
  // Loaded here, so that threads which count nothing by themselves do not hold it.
  const { Counter, Gauge, Histogram, Registry } = createRequire(import.meta.url)("prom-client") as typeof prometheus;
  const registry = new Registry();
  const collectors: (() => void)[] = [];
  return {
    counter({ name, help, labels }) {
      const metric = new Counter({ name, help, labelNames: labels, registers: [registry] });
      return { add: (values, amount = 1) => metric.inc(values, amount) };
    },
    gauge({ name, help, labels }) {
      const metric = new Gauge({ name, help, labelNames: labels, registers: [registry] });
      return { set: (values, value) => metric.set(values, value) };
    },
    histogram({ name, help, labels, buckets }) {
      const metric = new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] });
      return { observe: (values, value) => metric.observe(values, value) };
    },
    onCollect: (collect) => void collectors.push(collect),
    expose() {
      for (const collect of collectors) collect();
      return registry.metrics();
    },
  };
}
