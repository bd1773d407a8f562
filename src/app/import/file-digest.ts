import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Abortable } from "../../base/index.ts";

const CHUNK_BYTES = 1_048_576;

/** SHA-256 of a file's bytes, hexadecimal. */
export async function fileDigest(path: string, { signal }: Abortable = {}): Promise<string> {
  const hash = createHash("sha256");
  await using file = await open(path, "r");
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(chunk.subarray(0, bytesRead));
  }
}
