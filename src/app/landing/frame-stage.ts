import {
  BIGINT,
  BLOB,
  type DuckDBAppender,
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTimestampTZValue,
  INTEGER,
  TIMESTAMPTZ,
  VARCHAR,
} from "@duckdb/node-api";
import { recordAt } from "../../base/index.ts";
import { FrameRecord, SOURCES } from "../../domain/index.ts";
import type { LogChunk } from "../../log/index.ts";

const TYPES = [
  VARCHAR,
  VARCHAR,
  BIGINT,
  VARCHAR,
  TIMESTAMPTZ,
  INTEGER,
  BLOB,
  VARCHAR,
  VARCHAR,
  INTEGER,
  BIGINT,
] as const;
const CHUNK_ROWS = 2048;
const MEMORY = "128MB";

/**
 * Raw frames on their way into Parquet: a table of the columns of bronze.frames, filled from raw log chunks
 * and emptied whole. Bounded by its caller, who looks at `bytes`.
 */
export class FrameStage implements AsyncDisposable {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #bytes = 0;
  #rows = 0;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<FrameStage> {
    const instance = await DuckDBInstance.create(":memory:", { memory_limit: MEMORY, threads: "2" });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    const stage = new FrameStage(instance, connection);
    await stage.clear();
    return stage;
  }

  /** Of payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  get rows(): number {
    return this.#rows;
  }

  /** A SELECT of all that is staged, for the lake. */
  get relation(): string {
    return "SELECT * FROM staged_frames";
  }

  async run(sql: string): Promise<readonly (readonly unknown[])[]> {
    return (await this.#connection.runAndReadAll(sql)).getRowsJson();
  }

  async add(chunk: LogChunk): Promise<void> {
    const appender = await this.#connection.createAppender("staged_frames");
    try {
      for (let from = 0; from < chunk.records.count; from += CHUNK_ROWS) this.#append(appender, chunk, from);
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
    this.#bytes += chunk.records.bytes.byteLength;
    this.#rows += chunk.records.count;
  }

  async clear(): Promise<void> {
    await this.#connection.run(`
      CREATE OR REPLACE TABLE staged_frames (feed VARCHAR, connection VARCHAR, epoch BIGINT, kind VARCHAR, ts_recv TIMESTAMPTZ,
        ts_recv_nanos INTEGER, payload BLOB, source VARCHAR, _topic VARCHAR, _partition INTEGER, _offset BIGINT)`);
    this.#bytes = 0;
    this.#rows = 0;
  }

  #append(appender: DuckDBAppender, { topic, partition, firstOffset, records }: LogChunk, from: number): void {
    const rows = [];
    for (let index = from; index < Math.min(from + CHUNK_ROWS, records.count); index += 1) {
      const record = new FrameRecord(recordAt(records, index));
      rows.push([
        record.feed,
        record.connection,
        BigInt(record.epoch),
        record.kind,
        new DuckDBTimestampTZValue(BigInt(record.timeUs)),
        record.timeNanos,
        new DuckDBBlobValue(record.payload),
        SOURCES[record.sourceIndex] ?? "live",
        topic,
        partition,
        BigInt(firstOffset + index),
      ]);
    }
    const chunk = DuckDBDataChunk.create([...TYPES]);
    chunk.setRows(rows);
    appender.appendDataChunk(chunk);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}
