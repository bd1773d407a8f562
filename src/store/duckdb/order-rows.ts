import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType } from "@duckdb/node-api";
import { decodeOrders, Int64Column, OrderRows } from "../../domain/index.ts";
import { copyFixed, copyText } from "./native-chunk.ts";
import type { AppendRequest, AppendResult } from "./protocol.ts";

/** Rows a chunk of DuckDB holds. */
const CHUNK_ROWS = 2048;

/** Decodes records of orders into columns and appends them by whole chunks. */
export function appendOrders(
  request: AppendRequest,
  appender: DuckDBAppender,
  types: readonly DuckDBType[],
): AppendResult {
  const rows = new OrderRows(request.count);
  decodeOrders(request, rows);
  const offset = new Int64Column(rows.length);
  let [listingMax, timeMinUs, timeMaxUs] = [-1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < rows.length; row += 1) {
    offset.setNumber(row, request.firstOffset + row);
    const timeUs = rows.receiveTimeUs.getNumber(row);
    timeMinUs = Math.min(timeMinUs, timeUs);
    timeMaxUs = Math.max(timeMaxUs, timeUs);
    listingMax = Math.max(listingMax, rows.listing[row] ?? 0);
  }
  const partition = new Uint16Array(rows.length).fill(request.partition);
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const chunk = DuckDBDataChunk.create(types, Math.min(CHUNK_ROWS, rows.length - from));
    fill(chunk, rows, from);
    copyFixed(chunk, 15, partition, from);
    copyFixed(chunk, 16, offset.values, from);
    appender.appendDataChunk(chunk);
  }
  return { rows: rows.length, listingMax, timeMinUs, timeMaxUs };
}

/** In the order of ORDERS_LAYOUT.columns, without the row's place in the event log. */
function fill(chunk: DuckDBDataChunk, rows: OrderRows, from: number): void {
  copyFixed(chunk, 0, rows.listing, from);
  copyFixed(chunk, 1, rows.order.values, from);
  copyFixed(chunk, 2, rows.action, from);
  copyFixed(chunk, 3, rows.side, from);
  copyFixed(chunk, 4, rows.price.values, from);
  copyFixed(chunk, 5, rows.size.values, from);
  copyFixed(chunk, 6, rows.sequence.values, from);
  copyFixed(chunk, 7, rows.eventTimeUs.values, from);
  copyFixed(chunk, 8, rows.eventTimeNanos, from);
  copyFixed(chunk, 9, rows.receiveTimeUs.values, from);
  copyFixed(chunk, 10, rows.receiveTimeNanos, from);
  copyFixed(chunk, 11, rows.flags, from);
  copyText(chunk, 12, rows.connection, from);
  copyFixed(chunk, 13, rows.epoch, from);
  copyFixed(chunk, 14, rows.frameIndex, from);
  copyFixed(chunk, 17, rows.source, from);
  copyFixed(chunk, 18, rows.rawPartition, from);
  copyFixed(chunk, 19, rows.rawOffset.values, from);
}
