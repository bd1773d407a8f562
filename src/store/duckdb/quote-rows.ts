import type { DuckDBAppender, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import { decodeQuotes, QuoteRows } from "../../domain/index.ts";
import { appendRows, logPlaces } from "./append-rows.ts";
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
  const { partition, offset } = logPlaces(request, rows.length);
  return appendRows(rows, { appender, types }, (chunk, from) => {
    fill(chunk, rows, from);
    copyFixed(chunk, 15, partition, from);
    copyFixed(chunk, 16, offset.values, from);
  });
}

/** In the order of QUOTES_LAYOUT.columns, without the row's place in the event log. */
function fill(chunk: DuckDBDataChunk, rows: QuoteRows, from: number): void {
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
  copyFixed(chunk, 17, rows.rawPartition, from);
  copyFixed(chunk, 18, rows.rawOffset.values, from);
}
