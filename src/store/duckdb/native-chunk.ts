import { createRequire } from "node:module";
import type { DuckDBDataChunk } from "@duckdb/node-api";

/** The few functions of DuckDB's bindings that write a column of a chunk in one copy. The client API has them only value by value. */
interface Bindings {
  data_chunk_get_vector(chunk: unknown, column: number): Vector;
  copy_data_to_vector(vector: Vector, at: number, source: ArrayBuffer, sourceAt: number, byteCount: number): void;
  copy_data_to_vector_validity(
    vector: Vector,
    at: number,
    source: ArrayBuffer,
    sourceAt: number,
    byteCount: number,
  ): void;
  vector_ensure_validity_writable(vector: Vector): void;
  vector_assign_string_element(vector: Vector, row: number, text: string): void;
}
type Vector = object;

// The bindings are the client's own dependency, so they are found from where it lies.
const requireHere = createRequire(import.meta.url);
const bindings = createRequire(requireHere.resolve("@duckdb/node-api"))("@duckdb/node-bindings") as Bindings;

type FixedColumn = Uint8Array | Uint16Array | Uint32Array | BigInt64Array;

/** Copies rows `from` to `from + chunk.rowCount` of a typed array into a column of the same width. */
export function copyFixed(chunk: DuckDBDataChunk, column: number, values: FixedColumn, from: number): void {
  const width = values.BYTES_PER_ELEMENT;
  bindings.copy_data_to_vector(
    bindings.data_chunk_get_vector(chunk.chunk, column),
    0,
    values.buffer as ArrayBuffer,
    values.byteOffset + from * width,
    chunk.rowCount * width,
  );
}

/** Copies rows `from` on of a mostly empty text column; undefined is NULL. */
export function copySparseText(
  chunk: DuckDBDataChunk,
  column: number,
  values: readonly (string | undefined)[],
  from: number,
): void {
  const { rowCount } = chunk;
  const valid = new Uint8Array(Math.ceil(rowCount / 64) * 8);
  const vector = bindings.data_chunk_get_vector(chunk.chunk, column);
  for (let row = 0; row < rowCount; row += 1) {
    const text = values[from + row];
    if (text === undefined) continue;
    valid[row >> 3] = (valid[row >> 3] ?? 0) | (1 << (row & 7));
    bindings.vector_assign_string_element(vector, row, text);
  }
  bindings.vector_ensure_validity_writable(vector);
  bindings.copy_data_to_vector_validity(vector, 0, valid.buffer, 0, valid.byteLength);
}

/** Copies rows `from` on of a text column without empty rows. */
export function copyText(chunk: DuckDBDataChunk, column: number, values: readonly string[], from: number): void {
  const vector = bindings.data_chunk_get_vector(chunk.chunk, column);
  for (let row = 0; row < chunk.rowCount; row += 1)
    bindings.vector_assign_string_element(vector, row, values[from + row] ?? "");
}
