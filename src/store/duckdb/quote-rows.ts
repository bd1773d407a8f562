import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType } from "@duckdb/node-api";
import { decodeQuotes, Int64Column, QuoteRows } from "../../domain/index.ts";
import { copyFixed, copyText } from "./native-chunk.ts";
import type { AppendRequest, AppendResult } from "./protocol.ts";

/** Decodes quote records into columns and appends them by whole chunks. */
export function appendQuotes(
  request: AppendRequest,
  appender: DuckDBAppender,
  types: readonly DuckDBType[],
): AppendResult {
  const rows = new QuoteRows(request.count);
  decodeQuotes(request, rows);
  const offset = new Int64Column(rows.length);
  let [listingMax, timeMinUs, timeMaxUs] = [-1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < rows.length; row += 1) {
    offset.setNumber(row, request.firstOffset + row);
    const timeUs = rows.receiveTimeUs.getNumber(row);
    timeMinUs = Math.min(timeMinUs, timeUs);
    timeMaxUs = Math.max(timeMaxUs, timeUs);
    listingMax = Math.max(listingMax, rows.listing[row] ?? 0);
  }
  const positions = { partition: new Uint16Array(rows.length).fill(request.partition), offset };
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const chunk = DuckDBDataChunk.create(types, Math.min(CHUNK_ROWS, rows.length - from));
    fill(chunk, rows, positions, from);
    appender.appendDataChunk(chunk);
  }
  return { rows: rows.length, listingMax, timeMinUs, timeMaxUs };
}

/** Rows a chunk of DuckDB holds. */
const CHUNK_ROWS = 2048;

/** In the order of QUOTES_LAYOUT.columns. */
function fill(
  chunk: DuckDBDataChunk,
  rows: QuoteRows,
  { partition, offset }: { readonly partition: Uint16Array; readonly offset: Int64Column },
  from: number,
): void {
  copyFixed(chunk, 0, rows.listing, from);
  copyFixed(chunk, 1, rows.bidPrice.values, from);
  copyFixed(chunk, 2, rows.bidSize.values, from);
  copyFixed(chunk, 3, rows.askPrice.values, from);
  copyFixed(chunk, 4, rows.askSize.values, from);
  copyFixed(chunk, 5, rows.eventTimeUs.values, from);
  copyFixed(chunk, 6, rows.eventTimeNanos, from);
  copyFixed(chunk, 7, rows.receiveTimeUs.values, from);
  copyFixed(chunk, 8, rows.receiveTimeNanos, from);
  copyFixed(chunk, 9, rows.sequence.values, from);
  copyFixed(chunk, 10, rows.flags, from);
  copyText(chunk, 11, rows.connection, from);
  copyFixed(chunk, 12, rows.epoch, from);
  copyFixed(chunk, 13, rows.frameIndex, from);
  copyFixed(chunk, 14, rows.source, from);
  copyFixed(chunk, 15, partition, from);
  copyFixed(chunk, 16, offset.values, from);
  copyFixed(chunk, 17, rows.rawPartition, from);
  copyFixed(chunk, 18, rows.rawOffset.values, from);
}
