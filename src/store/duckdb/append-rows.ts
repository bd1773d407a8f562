import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType } from "@duckdb/node-api";
import { Int64Column } from "../../domain/index.ts";
import type { AppendRequest, AppendResult } from "./protocol.ts";

/** Rows a chunk of DuckDB holds. */
export const CHUNK_ROWS = 2048;

/** Columns of rows that are found by the time of their receipt. */
interface ReceivedRows {
  readonly length: number;
  readonly listing: Uint32Array;
  readonly receiveTimeUs: Int64Column;
}

/** Where the rows' records stand in the event log. */
export interface LogPlaces {
  readonly partition: Uint16Array;
  readonly offset: Int64Column;
}

/** @param recordOf a row's record among those of the request; default: one row a record */
export function logPlaces(
  { partition, firstOffset }: AppendRequest,
  length: number,
  recordOf?: ArrayLike<number>,
): LogPlaces {
  const offset = new Int64Column(length);
  for (let row = 0; row < length; row += 1) offset.setNumber(row, firstOffset + (recordOf?.[row] ?? row));
  return { partition: new Uint16Array(length).fill(partition), offset };
}

/** Appends rows by whole chunks. @param fill copies rows from a number on into a chunk, as many as it holds */
export function appendRows(
  rows: ReceivedRows,
  { appender, types }: { readonly appender: DuckDBAppender; readonly types: readonly DuckDBType[] },
  fill: (chunk: DuckDBDataChunk, from: number) => void,
): AppendResult {
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const chunk = DuckDBDataChunk.create(types, Math.min(CHUNK_ROWS, rows.length - from));
    fill(chunk, from);
    appender.appendDataChunk(chunk);
  }
  return extentOf(rows);
}

function extentOf({ length, listing, receiveTimeUs }: ReceivedRows): AppendResult {
  let [listingMax, timeMinUs, timeMaxUs] = [-1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < length; row += 1) {
    const timeUs = receiveTimeUs.getNumber(row);
    if (timeUs < timeMinUs) timeMinUs = timeUs;
    if (timeUs > timeMaxUs) timeMaxUs = timeUs;
    const index = listing[row] ?? 0;
    if (index > listingMax) listingMax = index;
  }
  return { rows: length, listingMax, timeMinUs, timeMaxUs };
}
