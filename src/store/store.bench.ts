import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBDataChunk, DuckDBInstance } from "@duckdb/node-api";
import { decodeTrades, Int64Column, TOPICS, TRADES, TradeBatch } from "../domain/index.ts";
import { createSegment, HOT, TRADES_LAYOUT } from "./duckdb/layout.ts";
import { copyFixed, copySparseText } from "./duckdb/native-chunk.ts";
import { openStore, type StoreChunk } from "./index.ts";
import { listingsChunk, seededTrades, tradeRecords } from "./test-records.ts";

export interface StoreBenchOptions {
  /** Trades; default 3,000,000. */
  readonly rows?: number;
}

/** Of one chunk of the log, about a megabyte. */
const CHUNK_ROWS = 12_288;

/** Rows a second into the store, from log bytes to visible, against DuckDB alone; and what a row costs in memory. */
export async function run({ rows = 3_000_000 }: StoreBenchOptions = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "k2-store-bench-"));
  try {
    const records = tradeRecords(seededTrades(1, Math.min(rows, CHUNK_ROWS)));
    const chunks = Array.from({ length: Math.ceil(rows / records.count) }, (_, index): StoreChunk => {
      return { topic: TOPICS.trades, partition: 0, firstOffset: index * records.count, appendedMs: 0, records };
    });
    const floorMs = await bareAppend(chunks);
    const rssBefore = process.memoryUsage.rss();
    await using store = await openStore({ folder });
    await store.apply(listingsChunk());
    const startMs = performance.now();
    await Promise.all(chunks.map((chunk) => store.apply(chunk)));
    const ms = performance.now() - startMs;
    const count = chunks.length * records.count;
    console.log(
      `log bytes → visible rows: ${perSecond(count, ms)} rows/s; DuckDB's bare typed append of the same columns: ` +
        `${perSecond(count, floorMs)} rows/s; ratio ${(floorMs / ms).toFixed(2)}`,
    );
    const megabytes = (process.memoryUsage.rss() - rssBefore) / 1_048_576;
    const { rows: used } = await store.query(
      "SELECT sum(memory_usage_bytes)::DOUBLE / 1048576, sum(temporary_storage_bytes)::DOUBLE / 1048576 FROM duckdb_memory()",
    );
    const [[memory = 0, spilled = 0] = []] = used as readonly (readonly number[])[];
    console.log(
      `memory after ${count.toLocaleString("en")} rows: ${megabytes.toFixed(0)} MiB of RSS more, DuckDB holds ${memory.toFixed(0)} MiB and spilled ${spilled.toFixed(0)} MiB`,
    );
    await smallChunks(store, count);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As they come live: a few trades a chunk, one after the other. */
async function smallChunks(store: Awaited<ReturnType<typeof openStore>>, firstOffset: number): Promise<void> {
  const records = tradeRecords(seededTrades(2, 100));
  const times: number[] = [];
  for (let index = 0; index < 200; index += 1) {
    const startMs = performance.now();
    const offset = firstOffset + index * records.count;
    await store.apply({ topic: TOPICS.trades, partition: 0, firstOffset: offset, appendedMs: 0, records });
    times.push(performance.now() - startMs);
  }
  times.sort((one, other) => one - other);
  using pin = store.pin();
  const { rows } = await store.query(`SELECT count(*) FROM (${pin.relation(TRADES)})`);
  console.log(
    `chunk of 100 trades → visible: p50 ${times[100]?.toFixed(1)} ms, p99 ${times[198]?.toFixed(1)} ms; ${rows[0]} rows in all`,
  );
}

/** The same columns, decoded before, in the same DuckDB, in one thread and without the store around it. */
async function bareAppend(chunks: readonly StoreChunk[]): Promise<number> {
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "256MiB" });
  const connection = await instance.connect();
  await connection.run(`ATTACH ':memory:' AS ${HOT} (COMPRESS)`);
  await connection.run(createSegment(TRADES_LAYOUT, "floor"));
  const appender = await connection.createAppender("floor", "main", HOT);
  const chunk = DuckDBDataChunk.create(TRADES_LAYOUT.columns.map((_, column) => appender.columnType(column)));
  const batch = new TradeBatch(CHUNK_ROWS);
  const [first] = chunks;
  if (first !== undefined) decodeTrades(first.records, batch);
  const long = new Int64Column(batch.capacity).values;
  const short = new Uint16Array(batch.capacity);
  const columns = [
    ...[batch.listing, batch.price.values, batch.size.values, batch.side, long, batch.eventTimeNanos, long],
    ...[batch.receiveTimeNanos, batch.idNumber.values, batch.idText, batch.sequence.values, batch.frameIndex],
    ...[batch.executions, batch.flags, batch.source, short, long, batch.rawPartition, long],
  ];
  const startMs = performance.now();
  for (let index = 0; index < chunks.length; index += 1) {
    for (let from = 0; from < batch.length; from += 2048) {
      chunk.reset();
      chunk.rowCount = Math.min(2048, batch.length - from);
      for (const [column, values] of columns.entries()) {
        if (Array.isArray(values)) copySparseText(chunk, column, values, from);
        else copyFixed(chunk, column, values, from);
      }
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
  }
  const ms = performance.now() - startMs;
  appender.closeSync();
  connection.closeSync();
  instance.closeSync();
  return ms;
}

function perSecond(rows: number, ms: number): string {
  return Math.round((rows / ms) * 1000).toLocaleString("en");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
