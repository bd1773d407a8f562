import { closeSync, openSync, writeSync } from "node:fs";
import { silentLogger, systemClock } from "../../base/index.ts";
import { derive } from "../../pipeline/index.ts";
import { feedRules } from "../feed-rules.ts";
import { importFeed } from "./import-feeds.ts";
import { type ImportJob, planImports } from "./plan-imports.ts";
import { ImportScene, spotRows } from "./test-support.ts";
import { textFrames } from "./text-frames.ts";

export interface ImportBenchOptions {
  /** Trades; default 3,000,000, a busy day of one symbol. */
  readonly rows?: number;
}

const STEP_ROWS = 100_000;
/** As on a busy market: fifty trades a second. */
const BETWEEN_US = 20_000;

/** Rows a second from a file on disk into the committed lake, and of its stages; and the memory that it took. */
export async function run({ rows = 3_000_000 }: ImportBenchOptions = {}): Promise<void> {
  using scene = new ImportScene();
  const path = scene.file("BTCUSDT-trades-2025-01-01.csv", "");
  const file = openSync(path, "a");
  for (let from = 0; from < rows; from += STEP_ROWS)
    writeSync(file, spotRows(Math.min(STEP_ROWS, rows - from), from, BETWEEN_US));
  closeSync(file);
  const { feeds } = scene.config;
  const { jobs } = await planImports([path], { format: "auto", symbols: [], venue: undefined, feeds });
  for (const job of jobs) {
    await timed("read and cut into frames", rows, () => drained(job));
    await timed("… decoded, validated, de-duplicated", rows, () => derived(job));
  }
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 100);
  await timed("file → log → bars → store → committed in the lake", rows, async () => {
    await scene.import([path], { logger: silentLogger });
  });
  clearInterval(watch);
  console.log(`memory at the most while importing: ${(peakBytes / 1_048_576).toFixed(0)} MiB of RSS`);
}

async function timed(what: string, rows: number, work: () => Promise<void>): Promise<void> {
  const startMs = performance.now();
  const before = process.cpuUsage();
  await work();
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  const perSecond = Math.round(rows / seconds).toLocaleString("en");
  const perCore = Math.round(rows / ((user + system) / 1e6)).toLocaleString("en");
  console.log(`${what}: ${perSecond} rows/s, ${perCore} rows a second of processor time`);
}

async function drained(job: ImportJob): Promise<void> {
  for await (const batch of textFrames(job, { from: job.firstLine.rowsAt, clock: systemClock })) batch.isLast;
}

async function derived(job: ImportJob): Promise<void> {
  const topic = `raw.${importFeed(job.format.id)}`;
  const frames = async function* () {
    let firstOffset = 0;
    for await (const { records } of textFrames(job, { from: job.firstLine.rowsAt, clock: systemClock })) {
      yield { topic, partition: 0, firstOffset, records };
      firstOffset += records.count;
    }
  };
  await derive(frames(), { rules: feedRules([]) });
}
