import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordBatchBuilder, seededRandom, systemFiles } from "../base/index.ts";
import { type LogEntry, openLog } from "./index.ts";

export interface LogBenchOptions {
  /** Where the files go: the device that is measured. Default the system's temporary folder. */
  readonly folder?: string;
  /** How long each figure is measured for, and how often, turn about; the median counts, of rates and of ratios alike. */
  readonly durationMs?: number;
  readonly rounds?: number;
}

const RECORD_BYTES = 200;
const TOPIC = "raw.bench";

/**
 * Durable messages a second, one append at a time, against the floor that any log on this device has: one plain
 * write and one fdatasync a batch, by the same calls, in the same run and turn about.
 */
export async function run(options: LogBenchOptions = {}): Promise<void> {
  const { durationMs = 300, rounds = 7 } = options;
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), "k2-log-bench-"));
  try {
    console.log(
      `log: ${RECORD_BYTES}-byte records, each batch durable before the next; ${rounds} rounds of ${durationMs} ms, medians`,
    );
    console.log("batch      floor msg/s   log msg/s  log/floor   concurrent ×16");
    for (const batch of [1, 100, 1_000, 10_000]) await compare(folder, batch, durationMs, rounds);
    await readBack(folder);
    await timeOpening(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(folder: string, batch: number, durationMs: number, rounds: number): Promise<void> {
  const floors: number[] = [];
  const logs: number[] = [];
  const concurrent: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    floors.push(await measureFloor(folder, batch, durationMs));
    logs.push(await measureLog(folder, batch, durationMs, 1));
    concurrent.push(await measureLog(folder, batch, durationMs, 16));
  }
  const ratios = logs.map((rate, round) => rate / (floors[round] ?? 1));
  const columns = [
    batch.toLocaleString("en-US").padEnd(8),
    thousands(median(floors)).padStart(14),
    thousands(median(logs)).padStart(11),
    `${median(ratios).toFixed(2)}×`.padStart(10),
    thousands(median(concurrent)).padStart(16),
  ];
  console.log(columns.join(" "));
}

async function measureFloor(folder: string, batch: number, durationMs: number): Promise<number> {
  const path = join(folder, "floor");
  const { records } = entryOf(batch);
  let batches = 0;
  const startedMs = performance.now();
  {
    await using file = await systemFiles.open(path, "w+");
    for (; performance.now() - startedMs < durationMs; batches += 1) {
      await file.write(records.bytes, batches * records.bytes.byteLength);
      await file.sync();
    }
  }
  const rate = (batches * batch * 1000) / (performance.now() - startedMs);
  await systemFiles.remove(path);
  return rate;
}

async function measureLog(folder: string, batch: number, durationMs: number, writers: number): Promise<number> {
  const path = join(folder, "log");
  const entry = entryOf(batch);
  let rate = 0;
  {
    await using log = await openLog({ folder: path });
    await log.ensureTopic({ topic: TOPIC, partitions: 1 });
    await log.append([entry]); // The first makes the file.
    let batches = 0;
    const startedMs = performance.now();
    const write = async (): Promise<void> => {
      for (; performance.now() - startedMs < durationMs; batches += 1) await log.append([entry]);
    };
    await Promise.all(Array.from({ length: writers }, write));
    rate = (batches * batch * 1000) / (performance.now() - startedMs);
  }
  await systemFiles.remove(path);
  return rate;
}

async function readBack(folder: string): Promise<void> {
  for (const batch of [1, 100, 1_000]) {
    const path = join(folder, "read");
    await using log = await openLog({ folder: path, cacheBytesMax: 0 });
    await log.ensureTopic({ topic: TOPIC, partitions: 1 });
    const entry = entryOf(batch);
    const total = batch === 1 ? 100_000 : 500_000;
    for (let written = 0; written < total; written += batch * 100) {
      const group = Array.from({ length: Math.min(100, (total - written) / batch) }, () => log.append([entry]));
      await Promise.all(group);
    }
    const rates: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const startedMs = performance.now();
      let count = 0;
      for await (const { records } of log.read({ topic: TOPIC, partition: 0, offset: 0 }, { follow: false }))
        count += records.count;
      rates.push((count * 1000) / (performance.now() - startedMs));
    }
    console.log(`read back, appended by ${batch}: ${thousands(median(rates))} msg/s, every frame's CRC checked`);
    await log[Symbol.asyncDispose]();
    await systemFiles.remove(path);
  }
}

async function timeOpening(folder: string): Promise<void> {
  const path = join(folder, "open");
  const times: string[] = [];
  for (const state of ["no folder", "empty", "4,000 appends"]) {
    const startedMs = performance.now();
    await using log = await openLog({ folder: path });
    times.push(`${state} ${(performance.now() - startedMs).toFixed(1)} ms`);
    if (state !== "empty") continue;
    await log.ensureTopic({ topic: TOPIC, partitions: 1 });
    await Promise.all(Array.from({ length: 4_000 }, () => log.append([entryOf(1)])));
  }
  console.log(`open: ${times.join(", ")}`);
}

function entryOf(count: number): LogEntry {
  const random = seededRandom(count);
  const builder = new RecordBatchBuilder(count * RECORD_BYTES);
  const record = new Uint8Array(RECORD_BYTES);
  for (let index = 0; index < count; index += 1) {
    for (let at = 0; at < RECORD_BYTES; at += 1) record[at] = random.int(256);
    builder.push(record);
  }
  return { topic: TOPIC, partition: 0, records: builder.take() };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >>> 1] ?? 0;
}

function thousands(rate: number): string {
  return `${(rate / 1000).toFixed(1)}k`;
}

if (import.meta.main) await run();
