import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType } from "@duckdb/node-api";
import { decodeTrades, Int64Column, TradeBatch } from "../../domain/index.ts";
import { CHUNK_ROWS } from "./append-rows.ts";
import { copyFixed, copySparseText } from "./native-chunk.ts";
import type { AppendRequest, AppendResult } from "./protocol.ts";

/** Decodes trade records into columns and appends them by whole chunks, without an object or a BigInt a row. */
export class TradeRows {
  readonly #batch = new TradeBatch(16_384);
  #times = new TimeColumns(16_384);
  #chunk: DuckDBDataChunk | undefined;

  /** @throws {InternalError} before anything is appended, when a record is of an unknown version */
  append(request: AppendRequest, appender: DuckDBAppender, types: readonly DuckDBType[]): AppendResult {
    const batch = this.#batch;
    batch.clear();
    decodeTrades(request, batch);
    const found = this.#fillTimes(request);
    this.#chunk ??= DuckDBDataChunk.create(types);
    for (let from = 0; from < batch.length; from += CHUNK_ROWS) {
      this.#fillChunk(this.#chunk, from, Math.min(CHUNK_ROWS, batch.length - from));
      appender.appendDataChunk(this.#chunk);
    }
    return found;
  }

  #fillTimes({ partition, firstOffset }: AppendRequest): AppendResult {
    const batch = this.#batch;
    if (this.#times.capacity < batch.length) this.#times = new TimeColumns(batch.capacity);
    const times = this.#times;
    times.partition.fill(partition);
    let [listingMax, timeMinUs, timeMaxUs] = [-1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let row = 0; row < batch.length; row += 1) {
      const timeUs = batch.eventTimeUs[row] ?? 0;
      if (timeUs < timeMinUs) timeMinUs = timeUs;
      if (timeUs > timeMaxUs) timeMaxUs = timeUs;
      const listing = batch.listing[row] ?? 0;
      if (listing > listingMax) listingMax = listing;
      times.event.setNumber(row, timeUs);
      times.receive.setNumber(row, batch.receiveTimeUs[row] ?? 0);
      times.offset.setNumber(row, firstOffset + row);
      times.rawOffset.setNumber(row, batch.rawOffset[row] ?? 0);
    }
    return { rows: batch.length, listingMax, timeMinUs, timeMaxUs };
  }

  /** In the order of TRADES_LAYOUT.columns. */
  #fillChunk(chunk: DuckDBDataChunk, from: number, rows: number): void {
    const batch = this.#batch;
    const times = this.#times;
    chunk.reset();
    chunk.rowCount = rows;
    copyFixed(chunk, 0, batch.listing, from);
    copyFixed(chunk, 1, batch.price.values, from);
    copyFixed(chunk, 2, batch.size.values, from);
    copyFixed(chunk, 3, batch.side, from);
    copyFixed(chunk, 4, times.event.values, from);
    copyFixed(chunk, 5, batch.eventTimeNanos, from);
    copyFixed(chunk, 6, times.receive.values, from);
    copyFixed(chunk, 7, batch.receiveTimeNanos, from);
    copyFixed(chunk, 8, batch.idNumber.values, from);
    copySparseText(chunk, 9, batch.idText, from);
    copyFixed(chunk, 10, batch.sequence.values, from);
    copyFixed(chunk, 11, batch.frameIndex, from);
    copyFixed(chunk, 12, batch.executions, from);
    copyFixed(chunk, 13, batch.flags, from);
    copyFixed(chunk, 14, batch.source, from);
    copyFixed(chunk, 15, times.partition, from);
    copyFixed(chunk, 16, times.offset.values, from);
    copyFixed(chunk, 17, batch.rawPartition, from);
    copyFixed(chunk, 18, times.rawOffset.values, from);
  }
}

/** What a batch holds as doubles or not at all, as DuckDB's 64-bit columns. */
class TimeColumns {
  readonly capacity: number;
  readonly event: Int64Column;
  readonly receive: Int64Column;
  readonly offset: Int64Column;
  readonly rawOffset: Int64Column;
  readonly partition: Uint16Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.event = new Int64Column(capacity);
    this.receive = new Int64Column(capacity);
    this.offset = new Int64Column(capacity);
    this.rawOffset = new Int64Column(capacity);
    this.partition = new Uint16Array(capacity);
  }
}
