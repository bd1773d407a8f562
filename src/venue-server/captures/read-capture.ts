import { type Files, systemFiles } from "../../base/index.ts";
import { type Frame, fetchedPayload } from "../../domain/index.ts";
import { CaptureFormatError } from "./capture-format-error.ts";
import type { CaptureRecord } from "./capture-record.ts";
import { readHftbacktestLine } from "./hftbacktest-line.ts";
import { readJsonLine } from "./json-line.ts";
import { readChunks, readLines } from "./read-lines.ts";

const OPENING_BRACE = 0x7b;

/**
 * The records of a capture file, in order, with memory for one chunk and one line only.
 * The format is found from the content: hftbacktest text, cryptofeed JSON lines, or K2's own; plain or gzip.
 *
 * @throws {CaptureFormatError} naming the file and the line that cannot be read
 */
export function readCapture(
  path: string,
  { files = systemFiles }: { readonly files?: Files } = {},
): AsyncGenerator<CaptureRecord> {
  return parseCapture(readChunks(path, files), path);
}

/**
 * The same over bytes that are already at hand.
 *
 * @param name what an error calls them
 */
export async function* parseCapture(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<CaptureRecord> {
  const epochs = new Map<string, number>();
  let json: boolean | undefined;
  for await (const { number, bytes } of readLines(chunks, name)) {
    json ??= bytes[0] === OPENING_BRACE;
    const record = json ? readJsonLine(bytes, epochs) : readHftbacktestLine(bytes);
    if (typeof record === "string") throw new CaptureFormatError({ name, line: number }, record);
    if (record !== undefined) yield record;
  }
}

/** Other recorders keep only answers that they could use. */
const STATUS_OF_RECORDED = 200;

/** The records as frames of the raw log. */
export async function* captureFrames(
  records: AsyncIterable<CaptureRecord>,
  { feed }: { readonly feed: string },
): AsyncGenerator<Frame> {
  for await (const { direction: kind, url, ...record } of records) {
    const payload =
      url === undefined ? record.payload : fetchedPayload({ url, status: STATUS_OF_RECORDED, body: record.payload });
    yield { ...record, feed: record.feed ?? feed, kind, payload };
  }
}
