import type { BookSide } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";

const LEVEL_BYTES = 16;

/** A side's levels for a checkpoint, the worst first: so each goes to the end when it is read. */
export function writeSide(side: BookSide, writer: ByteWriter): void {
  const words = new Int32Array(side.length * 4);
  for (let rank = 0; rank < side.length; rank += 1) side.copyLevel(side.length - 1 - rank, words, rank * 4);
  writer.bytes(new Uint8Array(words.buffer));
}

export function readSide(side: BookSide, reader: ByteReader): void {
  const bytes = reader.bytes();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  side.clear(bytes.byteLength / LEVEL_BYTES);
  for (let at = 0; at < bytes.byteLength; at += LEVEL_BYTES) {
    side.set(
      view.getInt32(at + 4, true),
      view.getInt32(at, true),
      view.getInt32(at + 12, true),
      view.getInt32(at + 8, true),
    );
  }
}
