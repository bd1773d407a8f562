import { afterEach, expect, test } from "vitest";
import { createMetrics, InternalError } from "../base/index.ts";
import type { Refusal } from "../domain/index.ts";
import { openPipeline, type PipelineOptions } from "./pipeline.ts";
import type { DurableEvents } from "./pipeline-status.ts";
import { optionsFor, runThrough, S, trade, trades } from "./test-runs.ts";
import { LogFullForNow, MemoryLog, opened, T0 } from "./test-support.ts";

let running: { readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined;
afterEach(async () => {
  running?.stop.abort();
  await running?.ended;
  running = undefined;
});

/** Runs until the test ends; resolves with the events of each transaction as they become durable. */
async function follow(log: MemoryLog, of: Partial<PipelineOptions> = {}) {
  const events: { readonly trades: number; readonly refusals: readonly Refusal[] }[] = [];
  let told = Promise.withResolvers<void>();
  const pipeline = await openPipeline(
    optionsFor(log, {
      ...of,
      onEvents: ({ trades: { length }, refusals }) => {
        events.push({ trades: length, refusals });
        told.resolve();
        told = Promise.withResolvers();
      },
    }),
  );
  const stop = new AbortController();
  const ended = pipeline.run({ signal: stop.signal }).catch((error: unknown) => error);
  running = { stop, ended };
  const until = async (enough: () => boolean): Promise<void> => {
    while (!enough()) await told.promise;
  };
  return { pipeline, events, until, ended, stop };
}

test("a full log is waited for: the same append again, nothing lost and nothing twice", async () => {
  const log = new MemoryLog();
  let refusals = 0;
  log.beforeAppend = (appends) => {
    if (appends === 2 && refusals < 3) {
      refusals += 1;
      throw new LogFullForNow("no room");
    }
  };
  log.putFrames(Array.from({ length: 50 }, (_, id) => trades(T0 + id * S, trade(id, { t: T0 + id * S }))));
  const slept: number[] = [];
  const clock = { nowNs: () => 0n, monotonicMs: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  await runThrough(log, { framesMax: 10, clock });
  expect(slept).toHaveLength(3);
  const whole = new MemoryLog();
  whole.putFrames(Array.from({ length: 50 }, (_, id) => trades(T0 + id * S, trade(id, { t: T0 + id * S }))));
  await runThrough(whole);
  expect(log.eventBytes()).toEqual(whole.eventBytes());
});

test("another writer on the event topics is noticed, loudly", async () => {
  const log = new MemoryLog();
  log.putFrames([trades(T0, trade(1))]);
  const pipeline = await openPipeline(optionsFor(log));
  const rival = log.copy();
  await runThrough(rival);
  await runThrough(log);
  log.putFrames([trades(T0 + 1, trade(2))]);
  await expect(pipeline.run({ follow: false })).rejects.toThrow(InternalError);
});

test("an append that fails while the market is silent ends the run at once", async () => {
  const log = new MemoryLog();
  log.beforeAppend = () => {
    throw new Error("the device is gone");
  };
  log.putFrames([trades(T0, trade(1))]);
  const { ended } = await follow(log);
  expect(await ended).toMatchObject({ message: "the device is gone" });
});

test("events are told once they are durable, in order, with their positions", async () => {
  const log = new MemoryLog(3);
  log.putFrames([]);
  const positions: string[] = [];
  const onEvents = ({ trades: batch, tradePositions }: DurableEvents): void => {
    for (let row = 0; row < batch.length; row += 1) {
      positions.push(`${batch.tradeId(row)}@${tradePositions.partition[row]}/${tradePositions.offset[row]}`);
    }
  };
  const pipeline = await openPipeline(optionsFor(log, { onEvents, framesMax: 2 }));
  log.putFrames([1, 2, 3, 4, 5].map((id) => trades(T0 + id, trade(id, { s: id % 2 === 0 ? "BTC" : "ETH" }))));
  await pipeline.run({ follow: false });
  expect(positions.map((text) => text.split("@")[0])).toEqual(["1", "2", "3", "4", "5"]);
  const [eth, btc] = [positions[0]?.split(/[@/]/)[1], positions[1]?.split(/[@/]/)[1]];
  const expected = eth === btc ? [0, 1, 2, 3, 4] : [0, 0, 1, 1, 2];
  expect(positions.map((text) => Number(text.split("/")[1]))).toEqual(expected);
});

test("a running pipeline takes what comes, shows open bars, and stops when asked", async () => {
  const log = new MemoryLog();
  log.putFrames([opened(T0, 1)]);
  const { pipeline, events, until, ended, stop } = await follow(log);
  log.putFrames([trades(T0 + 10, trade(1))]);
  await until(() => events.some(({ trades: count }) => count === 1));
  expect(pipeline.openBars({ intervals: ["1s", "1d"] })).toMatchObject([
    { interval: "1s", trades: 1, complete: false },
    { interval: "1d", trades: 1, complete: false },
  ]);
  expect(log.bars()).toEqual([]);
  log.putFrames([trades(T0 + 2 * S, trade(2, { t: T0 + 2 * S }))]);
  await until(() => events.reduce((count, one) => count + one.trades, 0) === 2);
  expect(log.bars()).toHaveLength(1);
  stop.abort(new Error("enough"));
  expect(await ended).toMatchObject({ message: "enough" });
});

test("metrics count what was durable", async () => {
  const log = new MemoryLog();
  const metrics = createMetrics();
  log.putFrames([
    trades(T0, trade(1), trade(1), trade(2, { q: "0" })),
    trades(T0 + 2 * S, trade(3, { t: T0 + 2 * S })),
  ]);
  await runThrough(log, { metrics });
  const text = await metrics.expose();
  expect(text).toContain('k2_pipeline_frames_total{feed="one",outcome="trades"} 2');
  expect(text).toContain('k2_pipeline_trades_total{venue="one"} 2');
  expect(text).toContain('k2_pipeline_duplicates_total{feed="one"} 1');
  expect(text).toContain('k2_pipeline_refused_total{feed="one",stage="validate",reason="non_positive_size"} 1');
  expect(text).toContain('k2_pipeline_bars_total{interval="1s",cause="closed"} 1');
  expect(text).toMatch(/k2_pipeline_chunk_seconds_count 1/);
  expect(text).toMatch(/k2_pipeline_latency_ms_count 1/);
});
