import { expect, test } from "vitest";
import { createMetrics } from "./index.ts";

test("metrics are printed as Prometheus reads them, with what is collected at that moment", async () => {
  const metrics = createMetrics();
  const frames = metrics.counter({ name: "k2_frames_total", help: "Frames received", labels: ["feed"] });
  const open = metrics.gauge({ name: "k2_connections_open", help: "Open connections", labels: ["feed"] });
  const wait = metrics.histogram({ name: "k2_flush_seconds", help: "Flushes", labels: ["topic"], buckets: [0.1, 1] });
  frames.add({ feed: "kraken" });
  frames.add({ feed: "kraken" }, 4);
  wait.observe({ topic: "raw.kraken" }, 0.5);
  let connections = 0;
  metrics.onCollect(() => open.set({ feed: "kraken" }, connections));
  connections = 3;
  const text = await metrics.expose();
  expect(text).toContain("# HELP k2_frames_total Frames received");
  expect(text).toContain('k2_frames_total{feed="kraken"} 5');
  expect(text).toContain('k2_connections_open{feed="kraken"} 3');
  expect(text).toContain('k2_flush_seconds_bucket{le="0.1",topic="raw.kraken"} 0');
  expect(text).toContain('k2_flush_seconds_bucket{le="1",topic="raw.kraken"} 1');
});

test("two registries do not share what they count", async () => {
  const [one, two] = [createMetrics(), createMetrics()];
  const options = { name: "k2_frames_total", help: "Frames", labels: ["feed"] } as const;
  one.counter(options).add({ feed: "a" });
  two.counter(options);
  expect(await two.expose()).not.toContain('feed="a"');
});
