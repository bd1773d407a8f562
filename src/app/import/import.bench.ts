import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { sharedData } from "../../../test/shared-data.ts";
import { silentLogger, systemClock } from "../../base/index.ts";
import { derive } from "../../pipeline/index.ts";
import { feedRules } from "../feed-rules.ts";
import { importFeed } from "./import-feeds.ts";
import { type ImportJob, planImports } from "./plan-imports.ts";
import { quoted } from "./sql-text.ts";
import { ImportScene, spotRows } from "./test-support.ts";
import { textFrames } from "./text-frames.ts";

export interface ImportBenchOptions {
  /** Trades; default 1,000,000, an hour of a busy day of one symbol to a whole quiet one. */
  readonly rows?: number;
}

const NAME = "BTCUSDT-trades-2025-01-01.csv";
const STEP_ROWS = 100_000;
/** As on a busy market: fifty trades a second. */
const BETWEEN_US = 20_000;
const FEW_ROWS = 1_000;

/**
 * Processor time of an import from a file on disk into the committed lake, of its stages, and of DuckDB alone with the same
 * file; and the memory that it took. Elapsed time says little on a machine that does something else as well.
 */
export async function run({ rows = 1_000_000 }: ImportBenchOptions = {}): Promise<void> {
  const startSeconds = await imported(FEW_ROWS);
  console.log(
    `an import of ${FEW_ROWS} rows into an empty folder, all modules loaded: ${startSeconds.toFixed(2)} s of processor time`,
  );
  using scene = new ImportScene();
  const path = dump(scene, rows);
  const { feeds } = scene.config;
  const { jobs } = await planImports([path], { format: "auto", symbols: [], venue: undefined, feeds });
  const floor = await timed("DuckDB alone: the same CSV → one sorted Parquet file, six columns, zstd", rows, () =>
    duckdbAlone(scene, path),
  );
  for (const job of jobs) {
    await timed("read and cut into frames", rows, () => drained(job));
    await timed("… decoded, validated, de-duplicated", rows, () => derived(job));
  }
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 250);
  const whole = await timed("file → log → bars → store → committed in the lake", rows, async () => {
    await scene.import([path], { logger: silentLogger });
  });
  clearInterval(watch);
  const beyond = Math.round(rows / (whole - startSeconds)).toLocaleString("en");
  console.log(
    `… ${(floor / whole).toFixed(2)} of DuckDB alone; without what an import of few rows takes: ${beyond} rows a second of processor time`,
  );
  console.log(`memory at the most while importing: ${(peakBytes / 1_048_576).toFixed(0)} MiB of RSS`);
  await recorded();
}

/** Ticks of a day of BAC, whose ids are texts that K2 makes and looks for. */
async function recorded(): Promise<void> {
  const path = sharedData("ticks/us-equity-2013/tick/bac/20131007_trade.zip");
  if (path === undefined) return;
  using scene = new ImportScene();
  await timed("a recorded day of Lean's ticks, ids made and looked for", 88_172, async () => {
    await scene.import([path], { symbols: ["BAC-XNYS-EQ"], logger: silentLogger });
  });
}

function dump(scene: ImportScene, rows: number): string {
  const path = scene.file(NAME, "");
  const file = openSync(path, "a");
  for (let from = 0; from < rows; from += STEP_ROWS)
    writeSync(file, spotRows(Math.min(STEP_ROWS, rows - from), from, BETWEEN_US));
  closeSync(file);
  return path;
}

/** @returns seconds of processor time, of a second run in this process */
async function imported(rows: number): Promise<number> {
  let seconds = 0;
  for (let round = 0; round < 2; round += 1) {
    using scene = new ImportScene();
    const path = dump(scene, rows);
    seconds = await processorSeconds(async () => {
      await scene.import([path], { logger: silentLogger });
    });
  }
  return seconds;
}

async function duckdbAlone(scene: ImportScene, path: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  const connection = await instance.connect();
  const into = join(scene.folder, "alone.parquet");
  await connection.run(
    `COPY (SELECT 'BTC-USDT-SPOT' AS symbol, c0 AS trade_id, c1 AS price, c2 AS size, make_timestamptz(c4) AS ts_event, c5 AS maker
       FROM read_csv(${quoted(path)}, header = false, columns = {'c0': 'BIGINT', 'c1': 'DECIMAL(18,8)', 'c2': 'DECIMAL(18,8)',
         'c3': 'VARCHAR', 'c4': 'BIGINT', 'c5': 'VARCHAR', 'c6': 'VARCHAR'}) ORDER BY ts_event, trade_id)
     TO ${quoted(into)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`,
  );
  connection.closeSync();
  instance.closeSync();
  rmSync(into);
}

/** @returns seconds of processor time */
async function timed(what: string, rows: number, work: () => Promise<void>): Promise<number> {
  const seconds = await processorSeconds(work);
  const perSecond = Math.round(rows / seconds).toLocaleString("en");
  console.log(`${what}: ${perSecond} rows a second of processor time (${seconds.toFixed(2)} s)`);
  return seconds;
}

async function processorSeconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
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
