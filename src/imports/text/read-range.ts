import type { Abortable, Files } from "../../base/index.ts";

const CHUNK_BYTES = 256 * 1024;

/** Bytes of a file from `start` up to `end`, chunk by chunk; the file is open only while it is read. */
export async function* readRange(
  files: Files,
  path: string,
  { start, end, signal }: { readonly start: number; readonly end: number } & Abortable,
): AsyncGenerator<Uint8Array> {
  await using file = await files.open(path, "r");
  for (let at = start; at < end; ) {
    signal?.throwIfAborted();
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
    const length = await file.read(chunk, at);
    if (length === 0) return; // Shorter than it was: whoever expects more will say so.
    yield length === chunk.byteLength ? chunk : chunk.subarray(0, length);
    at += length;
  }
}
