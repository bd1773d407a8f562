import type { DuckDBAppender, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import { BookRows, decodeBookRecords, TOPICS } from "../../domain/index.ts";
import { appendRows, CHUNK_ROWS, logPlaces } from "./append-rows.ts";
import { copyFixed, copyText } from "./native-chunk.ts";
import type { AppendRequest, AppendResult } from "./protocol.ts";

/** More than this is not kept for the next request. */
const KEPT_ROWS_MAX = 65_536;

/** Decodes book records into columns, a row a level, and appends them by whole chunks. */
export class BookLevelRows {
  #rows = new BookRows(CHUNK_ROWS);

  /** @throws {InternalError} before anything is appended, when a record is of an unknown version */
  append(request: AppendRequest, appender: DuckDBAppender, types: readonly DuckDBType[]): AppendResult {
    if (this.#rows.capacity > KEPT_ROWS_MAX) this.#rows = new BookRows(CHUNK_ROWS);
    const rows = this.#rows;
    rows.clear();
    decodeBookRecords(request, rows);
    const { partition, offset } = logPlaces(request, rows.length, rows.record);
    return appendRows(rows, { appender, types }, (chunk, from) => {
      fillLevels(chunk, rows, from);
      copyFixed(chunk, 16, partition, from);
      copyFixed(chunk, 17, offset.values, from);
      copyFixed(chunk, 18, rows.rawPartition, from);
      copyFixed(chunk, 19, rows.rawOffset.values, from);
      if (request.topic !== TOPICS.bookSnapshots) return;
      copyFixed(chunk, 20, rows.level, from);
      copyFixed(chunk, 21, rows.bidLevels, from);
      copyFixed(chunk, 22, rows.askLevels, from);
    });
  }
}

/** In the order of the columns that BOOK_CHANGES_LAYOUT and BOOK_SNAPSHOTS_LAYOUT begin with. */
function fillLevels(chunk: DuckDBDataChunk, rows: BookRows, from: number): void {
  copyFixed(chunk, 0, rows.listing, from);
  copyFixed(chunk, 1, rows.side, from);
  copyFixed(chunk, 2, rows.price.values, from);
  copyFixed(chunk, 3, rows.size.values, from);
  copyFixed(chunk, 4, rows.levelIndex, from);
  copyFixed(chunk, 5, rows.depth, from);
  copyFixed(chunk, 6, rows.eventTimeUs.values, from);
  copyFixed(chunk, 7, rows.eventTimeNanos, from);
  copyFixed(chunk, 8, rows.receiveTimeUs.values, from);
  copyFixed(chunk, 9, rows.receiveTimeNanos, from);
  copyFixed(chunk, 10, rows.sequence.values, from);
  copyFixed(chunk, 11, rows.flags, from);
  copyText(chunk, 12, rows.connection, from);
  copyFixed(chunk, 13, rows.epoch, from);
  copyFixed(chunk, 14, rows.frameIndex, from);
  copyFixed(chunk, 15, rows.source, from);
}
