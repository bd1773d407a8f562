import type { DuckDBAppender, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import { decodeOrders, OrderRows } from "../../domain/index.ts";
import { appendRows, logPlaces } from "./append-rows.ts";
import { copyFixed, copyText } from "./native-chunk.ts";
import type { AppendRequest, AppendResult } from "./protocol.ts";

/** Decodes records of orders into columns and appends them by whole chunks. */
export function appendOrders(
  request: AppendRequest,
  appender: DuckDBAppender,
  types: readonly DuckDBType[],
): AppendResult {
  const rows = new OrderRows(request.count);
  decodeOrders(request, rows);
  const { partition, offset } = logPlaces(request, rows.length);
  return appendRows(rows, { appender, types }, (chunk, from) => {
    fill(chunk, rows, from);
    copyFixed(chunk, 15, partition, from);
    copyFixed(chunk, 16, offset.values, from);
  });
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
