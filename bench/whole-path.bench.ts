import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rateText, watchRate } from "./whole-path/at-rate.ts";
import { measureFreshness } from "./whole-path/freshness.ts";
import { residentBytes } from "./whole-path/process-usage.ts";
import { quantilesText } from "./whole-path/quantiles.ts";
import { freePort, openScene, type Scene, sleep, startK2Process, stopped } from "./whole-path/scene.ts";

export interface WholePathOptions {
  /** Trades a second that the market is told to send. */
  readonly rates?: readonly number[];
  /** How long each rate runs; ten minutes (600) shows whether memory stays flat. */
  readonly seconds?: number;
}

const WARM_UP_MS = 4000;
const MEBIBYTE = 1_048_576;

/** K2 in a process of its own, the market in another: throughput, freshness, memory, time to the first answer, bytes a trade. */
export async function run({ rates = [1000, 10_000, 50_000], seconds = 15 }: WholePathOptions = {}): Promise<void> {
  await firstAnswer();
  for (const rate of rates) await atRate(rate, seconds);
}

async function atRate(tradesPerSecond: number, seconds: number): Promise<void> {
  await using scene = await openScene({ tradesPerSecond });
  await sleep(WARM_UP_MS);
  const freshness = measureFreshness(scene, seconds);
  const memory = sampleMemory(scene, freshness);
  const report = await watchRate(scene, freshness);
  const { streamMs, queryMs } = await freshness;
  const resident = await memory;
  console.log(`${tradesPerSecond} trades/s asked: ${rateText(report)}`);
  console.log(`    wire → subscriber: ${quantilesText(streamMs)}; wire → queryable: ${quantilesText(queryMs)}`);
  console.log(`    resident: ${resident.map((bytes) => Math.round(bytes / MEBIBYTE)).join(" ")} MiB`);
  const stopMs = await scene.stop();
  console.log(
    `    clean stop with everything committed: ${(stopMs / 1000).toFixed(1)} s; ${bytesPerTrade(scene.folder)}`,
  );
}

async function sampleMemory(scene: Scene, until: Promise<unknown>): Promise<readonly number[]> {
  const samples: number[] = [];
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  until.then(over, over);
  while (!isOver) {
    samples.push(residentBytes(scene.k2Pid).now);
    await sleep(5000);
  }
  return samples;
}

/** From the start of the process on an empty folder to the first row over HTTP. */
async function firstAnswer(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "k2-first-answer-"));
  const port = await freePort();
  const startMs = performance.now();
  const k2 = startK2Process(["up", "--data", folder, "--port", String(port)], { folder, nodeOptions: [] });
  while (!(await answer(`http://127.0.0.1:${port}/v1/trades?limit=1`)).includes('"tradeId"')) await sleep(20);
  const firstMs = performance.now() - startMs;
  await sleep(30_000);
  const idle = residentBytes(k2.pid ?? 0).now;
  console.log(
    `k2 up, empty folder → first trade over HTTP: ${(firstMs / 1000).toFixed(2)} s; at 40 trades/s after half a minute: ${Math.round(idle / MEBIBYTE)} MiB resident`,
  );
  await stopped(k2);
  rmSync(folder, { recursive: true, force: true });
}

async function answer(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return "";
  }
}

/** Parquet bytes of silver.trades, as committed while capturing: many small files, before any compaction. */
function bytesPerTrade(folder: string): string {
  const data = join(folder, "live", "lake", "silver", "trades", "data");
  const files = readdirSync(data, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".parquet"));
  const bytes = files.reduce((sum, path) => sum + statSync(join(data, path)).size, 0);
  return `silver.trades: ${files.length} files, ${Math.round(bytes / 1024)} KiB`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
