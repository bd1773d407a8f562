import type { Abortable } from "../../base/index.ts";
import { DbnDecoder, type DbnVisitor, type RecordCount } from "./dbn-decoder.ts";
import { unpackZstd } from "./unpack-zstd.ts";

const ZSTD_MAGIC: readonly number[] = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * Reads a DBN file, packed with zstd or plain, from its bytes, in bounded memory.
 *
 * @returns how many records of each kind there were, and what became of them
 * @throws {InvalidInputError} where the file is damaged or cut; what was handed to the visitor before is right
 */
export async function readDbn(
  bytes: AsyncIterable<Uint8Array>,
  visitor: DbnVisitor,
  { signal }: Abortable = {},
): Promise<readonly RecordCount[]> {
  const decoder = new DbnDecoder();
  for await (const chunk of unpackIfPacked(bytes, signal)) {
    signal?.throwIfAborted();
    decoder.write(chunk, visitor);
  }
  decoder.end();
  return decoder.counts;
}

/** Looks at the first bytes: a file's name does not say whether it is packed. */
export async function* unpackIfPacked(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]();
  try {
    let first = new Uint8Array(0);
    while (first.byteLength < ZSTD_MAGIC.length) {
      const { done, value } = await chunks.next();
      if (done === true) break;
      first = joined(first, value);
    }
    const all = rest(first, chunks);
    const isPacked = ZSTD_MAGIC.every((byte, index) => first[index] === byte);
    yield* isPacked ? unpackZstd(all, signal === undefined ? {} : { signal }) : all;
  } finally {
    await chunks.return?.();
  }
}

async function* rest(first: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.byteLength > 0) yield first;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(before.byteLength + after.byteLength);
  both.set(before);
  both.set(after, before.byteLength);
  return both;
}
