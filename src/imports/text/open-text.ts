import { basename } from "node:path";
import { Readable, type Transform } from "node:stream";
import { crc32, createGunzip, createInflateRaw } from "node:zlib";
import { type Abortable, describeError, type Files, InvalidInputError, systemFiles } from "../../base/index.ts";
import { unpackZstd } from "../databento/unpack-zstd.ts";
import { readRange } from "./read-range.ts";
import type { TextFile, TextSource } from "./text-source.ts";
import { damaged, readZipDirectory, type ZipEntry, zipDataStart } from "./zip-directory.ts";

/**
 * Opens a file by what it holds, whatever it is called: text, gzip, zstd, zip or Parquet.
 *
 * @throws {InvalidInputError} when there is no such file, or it is a zip that cannot be read
 */
export async function openTextFile(path: string, files: Files = systemFiles): Promise<TextFile> {
  const { bytes, first } = await beginning(path, files);
  const name = basename(path);
  if (isAt(first, [0x50, 0x4b, 0x03, 0x04]) || isAt(first, [0x50, 0x4b, 0x05, 0x06])) {
    const entries = await readZipDirectory(files, path);
    return { kind: "zip", bytes, texts: entries.map((entry) => zipText(path, entry, files)) };
  }
  const whole = (options: Abortable): AsyncIterable<Uint8Array> =>
    readRange(files, path, { start: 0, end: bytes, ...options });
  if (isAt(first, [0x1f, 0x8b])) {
    const read = (options: Abortable = {}): AsyncIterable<Uint8Array> =>
      unpacked(path, whole(options), createGunzip({ chunkSize: UNPACKED_BYTES }), options);
    return { kind: "gzip", bytes, texts: [{ name: name.replace(/\.gz$/i, ""), read }] };
  }
  // DBN files are unpacked by whoever reads them, and keep their name.
  if (isAt(first, [0x28, 0xb5, 0x2f, 0xfd]) && !/\.dbn\.zst$/i.test(name)) {
    const read = (options: Abortable = {}): AsyncIterable<Uint8Array> => unpackZstd(whole(options), options);
    return { kind: "zstd", bytes, texts: [{ name: name.replace(/\.zst$/i, ""), read }] };
  }
  const kind = isAt(first, [0x50, 0x41, 0x52, 0x31]) ? "parquet" : "plain";
  return { kind, bytes, texts: [{ name, read: (options = {}) => whole(options) }] };
}

const UNPACKED_BYTES = 256 * 1024;

async function beginning(path: string, files: Files): Promise<{ readonly bytes: number; readonly first: Uint8Array }> {
  try {
    await using file = await files.open(path, "r");
    const first = new Uint8Array(4);
    const length = await file.read(first, 0);
    return { bytes: await file.size(), first: first.subarray(0, length) };
  } catch (error) {
    throw new InvalidInputError(`Cannot read ${path}: ${describeError(error)}. Nothing was imported of it`, {
      cause: error,
    });
  }
}

function isAt(first: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => first[index] === byte);
}

function zipText(path: string, entry: ZipEntry, files: Files): TextSource {
  return { name: basename(entry.name), read: (options = {}) => readEntry(path, entry, files, options) };
}

async function* readEntry(path: string, entry: ZipEntry, files: Files, options: Abortable): AsyncGenerator<Uint8Array> {
  const start = await zipDataStart(files, path, entry);
  const packed = readRange(files, path, { start, end: start + entry.compressedBytes, ...options });
  const bytes =
    entry.method === 0 ? packed : unpacked(path, packed, createInflateRaw({ chunkSize: UNPACKED_BYTES }), options);
  let length = 0;
  let sum = 0;
  for await (const chunk of bytes) {
    length += chunk.byteLength;
    if (length > entry.bytes)
      throw damaged(path, `${entry.name} unpacks to more than the ${entry.bytes} bytes it says`);
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (length !== entry.bytes || sum !== entry.crc32)
    throw damaged(
      path,
      `${entry.name} has ${length} bytes with CRC ${hex(sum)}, not ${entry.bytes} with ${hex(entry.crc32)}`,
    );
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** Backpressure and an early end go through the stream; its errors become ours. */
async function* unpacked(
  path: string,
  packed: AsyncIterable<Uint8Array>,
  unpacker: Transform,
  { signal }: Abortable,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packed, { objectMode: false });
  source.on("error", (error) => unpacker.destroy(error));
  try {
    for await (const chunk of source.pipe(unpacker)) {
      signal?.throwIfAborted();
      yield chunk as Uint8Array;
    }
  } catch (error) {
    signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw code.startsWith("Z_") || code.startsWith("ERR_") ? damaged(path, describeError(error)) : error;
  } finally {
    source.destroy();
    unpacker.destroy();
  }
}
