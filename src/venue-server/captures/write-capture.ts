import { isUtf8 } from "node:buffer";
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { type Abortable, type Files, systemFiles } from "../../base/index.ts";
import type { Frame, FrameKind } from "../../domain/index.ts";

const NAMES: Readonly<Record<FrameKind, string>> = {
  received: "recv",
  sent: "send",
  opened: "open",
  closed: "close",
  fetched: "fetch",
  concluded: "conclude",
};

const CAPTURE_HEADER = '{"t":"header","format":"k2-capture","version":1}\n';

/**
 * One frame as one line. Its bytes come back exactly: as text where they are UTF-8, as base64 where they are not.
 * Times are nanoseconds as text, because JSON readers round numbers of that size.
 */
function captureLine(frame: Frame): string {
  const payload = Buffer.from(frame.payload.buffer, frame.payload.byteOffset, frame.payload.byteLength);
  const content = isUtf8(payload) ? { data: payload.toString("utf8") } : { base64: payload.toString("base64") };
  return `${JSON.stringify({
    t: NAMES[frame.kind],
    feed: frame.feed,
    conn: frame.connection,
    epoch: frame.epoch,
    ts_ns: String(frame.timeNs),
    source: frame.source,
    ...content,
  })}\n`;
}

/** The bytes of a capture file, one piece a frame. `parseCapture` gives the same frames back. */
export async function* encodeCapture(
  frames: AsyncIterable<Frame> | Iterable<Frame>,
  { signal }: Abortable = {},
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(CAPTURE_HEADER);
  for await (const frame of frames) {
    signal?.throwIfAborted();
    yield Buffer.from(captureLine(frame));
  }
}

export interface WriteCaptureOptions extends Abortable {
  /** Made new; a file that is there is not overwritten (Node's EEXIST). A name that ends in ".gz" is compressed. */
  readonly path: string;
  readonly frames: AsyncIterable<Frame>;
  readonly files?: Files;
}

/**
 * Writes frames to a capture file.
 *
 * @returns the file's bytes; durable when this resolves
 */
export async function writeCapture({
  path,
  frames,
  signal,
  files = systemFiles,
}: WriteCaptureOptions): Promise<number> {
  await using file = await files.open(path, "wx+");
  let position = 0;
  for await (const chunk of packed(encodeCapture(frames, { signal }), path.endsWith(".gz"))) {
    await file.write(chunk, position);
    position += chunk.byteLength;
  }
  await file.sync();
  return position;
}

async function* packed(chunks: AsyncIterable<Uint8Array>, compress: boolean): AsyncGenerator<Uint8Array> {
  if (!compress) {
    yield* chunks;
    return;
  }
  const gzip = createGzip();
  pipeline(Readable.from(chunks), gzip, () => {}); // An error destroys `gzip`, so the loop below sees it.
  yield* gzip;
}
