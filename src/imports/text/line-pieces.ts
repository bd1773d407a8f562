import { InvalidInputError } from "../../base/index.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Part of a text that begins and ends with whole lines. */
export interface Piece {
  /** A view that is valid until the next piece is asked for. */
  readonly bytes: Uint8Array;
  /** Place of its first byte in the text. */
  readonly byte: number;
  /** Number of its first line in the text, from 1, and of the line after its last. */
  readonly row: number;
  readonly rowEnd: number;
  /** Lines that are not blank. */
  readonly rows: number;
}

export interface LinePiecesOptions {
  /** Where to begin: a place that an earlier cut gave, or the begin of a line. */
  readonly from?: number;
  /** A piece has at most this many bytes, unless lines that belong together need more. */
  readonly bytesMax: number;
  /** No cut between two lines for which this gives the same text; a line without its end is handed in. */
  readonly tieOf?: ((line: Uint8Array) => string) | undefined;
}

/** A line, or lines that belong together, of more than this are no rows of a table. */
export const TIED_BYTES_MAX: number = 4 * 1024 * 1024;

/**
 * Cuts a text into pieces at line ends. Where it cuts depends on the bytes alone, not on how they come in chunks nor on
 * where an earlier run stopped: begun again at any of its cuts it makes the same cuts from there on.
 *
 * @throws {InvalidInputError} when a line, or lines that belong together, are longer than any table's
 */
export async function* linePieces(
  chunks: AsyncIterable<Uint8Array>,
  { from = 0, bytesMax, tieOf }: LinePiecesOptions,
): AsyncGenerator<Piece> {
  const held = new Held();
  let byte = from;
  let row = 1;
  let skip = from;
  let limit = bytesMax;
  for await (const chunk of chunks) {
    const skipped = Math.min(skip, chunk.byteLength);
    skip -= skipped;
    row += countLines(chunk.subarray(0, skipped));
    held.push(chunk.subarray(skipped));
    while (held.length > limit) {
      const end = cutAt(held.bytes, limit, tieOf);
      if (end === 0) {
        if (limit >= TIED_BYTES_MAX) throw tooLong(row, byte, tieOf !== undefined);
        limit = Math.min(TIED_BYTES_MAX, limit * 2);
        continue;
      }
      const piece = pieceOf(held.bytes.subarray(0, end), byte, row);
      yield piece;
      row = piece.rowEnd;
      byte += end;
      held.drop(end);
      limit = bytesMax;
    }
  }
  if (held.length > 0) yield pieceOf(held.bytes, byte, row);
}

/** @returns the end of the last line within `limit` that may be the last of a piece; 0 when there is none */
function cutAt(bytes: Uint8Array, limit: number, tieOf: LinePiecesOptions["tieOf"]): number {
  let newline = bytes.lastIndexOf(NEWLINE, limit - 1);
  if (tieOf === undefined) return newline + 1;
  // The line after the cut must be whole: it is the last one within the limit.
  if (newline <= 0) return 0;
  const last = bytes.lastIndexOf(NEWLINE, newline - 1);
  let after = tieOf(bytes.subarray(last + 1, newline));
  newline = last;
  while (newline >= 0) {
    const previous = newline === 0 ? -1 : bytes.lastIndexOf(NEWLINE, newline - 1);
    const before = tieOf(bytes.subarray(previous + 1, newline));
    if (before !== after) return newline + 1;
    after = before;
    newline = previous;
  }
  return 0;
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

function pieceOf(bytes: Uint8Array, byte: number, row: number): Piece {
  const lines = new LineCount();
  lines.add(bytes);
  return { bytes, byte, row, rowEnd: row + lines.all, rows: lines.all - lines.blank };
}

/** How many lines some bytes have, the last of which may lack its end. */
class LineCount {
  all = 0;
  blank = 0;

  add(bytes: Uint8Array): void {
    const { byteLength } = bytes;
    const start = this.#addWhole(bytes, byteLength);
    if (start < byteLength) this.#count(bytes, start, byteLength);
  }

  /** @returns where the line begins that has no end */
  #addWhole(bytes: Uint8Array, byteLength: number): number {
    let start = 0;
    for (let at = 0; at < byteLength; at += 1) {
      if (bytes[at] !== NEWLINE) continue;
      this.#count(bytes, start, at);
      start = at + 1;
    }
    return start;
  }

  #count(bytes: Uint8Array, start: number, end: number): void {
    this.all += 1;
    if (end === start || (end === start + 1 && bytes[start] === RETURN)) this.blank += 1;
  }
}

function tooLong(row: number, byte: number, isTied: boolean): InvalidInputError {
  const what = isTied ? "the rows of one time" : "the line";
  return new InvalidInputError(
    `Row ${row} (byte ${byte}): ${what} that begins here has more than ${TIED_BYTES_MAX} bytes, so this is no table of rows. ` +
      "What came before it is imported; look whether the file is what --format says",
  );
}

/** Bytes that came and were not handed on yet, in one buffer. */
class Held {
  #buffer: Uint8Array = new Uint8Array(512 * 1024);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  push(chunk: Uint8Array): void {
    if (this.#end + chunk.byteLength > this.#buffer.byteLength) this.#makeRoom(this.length + chunk.byteLength);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.byteLength;
  }

  drop(byteLength: number): void {
    this.#start += byteLength;
  }

  /** Moves what is held to the front: the piece that was handed out last is not read any more. */
  #makeRoom(needed: number): void {
    const { bytes } = this;
    if (needed > this.#buffer.byteLength) this.#buffer = new Uint8Array(2 * needed);
    this.#buffer.set(bytes);
    this.#start = 0;
    this.#end = bytes.byteLength;
  }
}
