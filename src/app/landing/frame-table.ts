import { createRequire } from "node:module";
import {
  BIGINT,
  BLOB,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  INTEGER,
  TIMESTAMPTZ,
  USMALLINT,
} from "@duckdb/node-api";
import { type RecordBatch, recordAt } from "../../base/index.ts";
import { FrameRecord, Int64Column, SOURCES } from "../../domain/index.ts";

/** Records of one raw partition, as the log gave them. */
export interface StagedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly records: RecordBatch;
}

/** The few functions of DuckDB's bindings that write a column of a chunk without a value object a row. */
interface Bindings {
  data_chunk_get_vector(chunk: unknown, column: number): object;
  copy_data_to_vector(vector: object, at: number, source: ArrayBuffer, sourceAt: number, byteCount: number): void;
  vector_assign_string_element_len(vector: object, row: number, bytes: Uint8Array): void;
}

// The bindings are the client's own dependency, so they are found from where it lies.
const requireHere = createRequire(import.meta.url);
const bindings = createRequire(requireHere.resolve("@duckdb/node-api"))("@duckdb/node-bindings") as Bindings;

/** Rows a chunk of DuckDB holds. */
const CHUNK_ROWS = 2048;
/** Of `frames`; what many rows share stands once in `runs`. */
const TYPES = [INTEGER, TIMESTAMPTZ, USMALLINT, BLOB, BIGINT] as const;
const TABLES = `
  CREATE OR REPLACE TABLE frames (run INTEGER, ts_recv TIMESTAMPTZ, ts_recv_nanos USMALLINT, payload BLOB, _offset BIGINT);
  CREATE OR REPLACE TABLE runs (run INTEGER, feed VARCHAR, connection VARCHAR, epoch BIGINT, kind VARCHAR, source VARCHAR,
    _topic VARCHAR, _partition INTEGER)`;

/** A SELECT of all that is staged, with the columns of bronze.frames. */
export const STAGED_FRAMES = `
  SELECT feed, connection, epoch, kind, ts_recv, ts_recv_nanos::INTEGER AS ts_recv_nanos, payload, source, _topic, _partition, _offset
  FROM frames JOIN runs USING (run)`;

/**
 * Raw log records as rows of a DuckDB connection that has nothing else. Records that follow each other mostly have feed,
 * connection, epoch, kind and source in common: they are one run, and a row is only what is its own.
 */
export class FrameTable {
  readonly #connection: DuckDBConnection;
  readonly #run = new Int32Array(CHUNK_ROWS);
  readonly #time = new Int64Column(CHUNK_ROWS);
  readonly #nanos = new Uint16Array(CHUNK_ROWS);
  readonly #offset = new Int64Column(CHUNK_ROWS);
  readonly #chunk = DuckDBDataChunk.create([...TYPES]);
  #runs = 0;
  /** Of the run that the newest row belongs to. */
  #head: Uint8Array = new Uint8Array();

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async make(connection: DuckDBConnection): Promise<FrameTable> {
    const table = new FrameTable(connection);
    await table.clear();
    return table;
  }

  async add(staged: StagedRecords): Promise<void> {
    this.#head = new Uint8Array(); // Another partition may have the same head.
    const runs = await this.#connection.createAppender("runs");
    const frames = await this.#connection.createAppender("frames");
    try {
      for (let from = 0; from < staged.records.count; from += CHUNK_ROWS) this.#append(staged, from, runs, frames);
      runs.flushSync();
      frames.flushSync();
    } finally {
      runs.closeSync();
      frames.closeSync();
    }
  }

  async clear(): Promise<void> {
    await this.#connection.run(TABLES);
    this.#runs = 0;
  }

  #append({ records, ...place }: StagedRecords, from: number, runs: DuckDBAppender, frames: DuckDBAppender): void {
    const chunk = this.#chunk;
    chunk.reset();
    chunk.rowCount = Math.min(CHUNK_ROWS, records.count - from);
    const payloads = bindings.data_chunk_get_vector(chunk.chunk, 3);
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const bytes = recordAt(records, from + row);
      const record = new FrameRecord(bytes);
      const { payload } = record;
      this.#enterRun(record, bytes.subarray(0, bytes.byteLength - payload.byteLength), place, runs);
      this.#run[row] = this.#runs;
      this.#time.setNumber(row, record.timeUs);
      this.#nanos[row] = record.timeNanos;
      this.#offset.setNumber(row, place.firstOffset + from + row);
      bindings.vector_assign_string_element_len(payloads, row, payload);
    }
    for (const [column, values] of [
      [0, this.#run],
      [1, this.#time.values],
      [2, this.#nanos],
      [4, this.#offset.values],
    ] as const) {
      const vector = bindings.data_chunk_get_vector(chunk.chunk, column);
      bindings.copy_data_to_vector(
        vector,
        0,
        values.buffer as ArrayBuffer,
        0,
        chunk.rowCount * values.BYTES_PER_ELEMENT,
      );
    }
    frames.appendDataChunk(chunk);
  }

  #enterRun(
    record: FrameRecord,
    head: Uint8Array,
    { topic, partition }: Pick<StagedRecords, "topic" | "partition">,
    runs: DuckDBAppender,
  ): void {
    if (isSameRun(head, this.#head)) return;
    this.#head = head;
    this.#runs += 1;
    runs.appendInteger(this.#runs);
    runs.appendVarchar(record.feed);
    runs.appendVarchar(record.connection);
    runs.appendBigInt(BigInt(record.epoch));
    runs.appendVarchar(record.kind);
    runs.appendVarchar(SOURCES[record.sourceIndex] ?? "live");
    runs.appendVarchar(topic);
    runs.appendInteger(partition);
    runs.endRow();
  }
}

/** The bytes of a record's head that tell its time; see domain/frame.ts. */
const TIME_START = 8;
const TIME_END = 18;

/** Two records before their payloads: do they differ in nothing but their times? */
function isSameRun(head: Uint8Array, other: Uint8Array): boolean {
  if (head.byteLength !== other.byteLength) return false;
  for (let at = 0; at < TIME_START; at += 1) if (head[at] !== other[at]) return false;
  for (let at = TIME_END; at < head.byteLength; at += 1) if (head[at] !== other[at]) return false;
  return true;
}
