import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { describeError, type Files } from "../../base/index.ts";
import { CaptureFormatError } from "./capture-format-error.ts";

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without the line end. Its own memory, never empty. */
  readonly bytes: Buffer;
}

const CHUNK_BYTES = 262_144;
/** Full-depth book snapshots reach 5 MB in one frame. */
const LINE_BYTES_MAX = 67_108_864;
const NEWLINE = 10;

/** A file's bytes in chunks, from the start. Closes the file when the iteration ends, however it ends. */
export async function* readChunks(path: string, files: Files): AsyncGenerator<Uint8Array> {
  await using file = await files.open(path, "r");
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const filled = await file.read(chunk, position);
    if (filled === 0) return;
    position += filled;
    yield chunk.subarray(0, filled);
  }
}

/**
 * The lines of a text that may be compressed with gzip, found by its first two bytes. Empty lines are counted and left out.
 *
 * @throws {CaptureFormatError} when the compression is damaged or cut off, or a line exceeds 64 MiB
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Line> {
  let number = 0;
  let pieces: Uint8Array[] = [];
  let pieceBytes = 0;
  const lineEnd = (last: Uint8Array): Buffer => {
    const line = Buffer.concat([...pieces, last]);
    pieces = [];
    pieceBytes = 0;
    return line.at(-1) === 13 ? line.subarray(0, -1) : line;
  };
  try {
    for await (const chunk of unpacked(chunks)) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        const bytes = lineEnd(chunk.subarray(start, end));
        number += 1;
        start = end + 1;
        if (bytes.byteLength > 0) yield { number, bytes };
      }
      if (start < chunk.byteLength) {
        pieces.push(chunk.subarray(start));
        pieceBytes += chunk.byteLength - start;
      }
      if (pieceBytes > LINE_BYTES_MAX) {
        throw new CaptureFormatError({ name, line: number + 1 }, `it is longer than ${LINE_BYTES_MAX} bytes`);
      }
    }
  } catch (error) {
    if (!isCompressionError(error)) throw error;
    throw new CaptureFormatError({ name, line: number + 1 }, `the gzip data is damaged (${describeError(error)})`, {
      cause: error,
    });
  }
  if (pieceBytes > 0) yield { number: number + 1, bytes: lineEnd(new Uint8Array(0)) };
}

async function* unpacked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const all = rejoined(first.value, iterator);
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* all;
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  pipeline(Readable.from(all), gunzip, () => {}); // An error destroys `gunzip`, so the loop below sees it.
  yield* gunzip;
}

async function* rejoined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function isCompressionError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code.startsWith("Z_") || code === "ERR_STREAM_PREMATURE_CLOSE";
}
