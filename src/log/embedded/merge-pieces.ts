import type { RecordBatch } from "../../base/index.ts";

/** One batch of several, copied; a single one as it is. */
export function mergePieces(pieces: readonly RecordBatch[]): RecordBatch {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  let [count, byteLength] = [0, 0];
  for (const piece of pieces) {
    count += piece.count;
    byteLength += piece.bytes.byteLength;
  }
  const bytes = new Uint8Array(byteLength);
  const ends = new Uint32Array(count);
  let [record, at] = [0, 0];
  for (const piece of pieces) {
    bytes.set(piece.bytes, at);
    for (let index = 0; index < piece.count; index += 1) ends[record + index] = at + (piece.ends[index] ?? 0);
    record += piece.count;
    at += piece.bytes.byteLength;
  }
  return { count, bytes, ends };
}
