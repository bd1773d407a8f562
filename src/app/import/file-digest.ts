import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Abortable } from "../../base/index.ts";

/** SHA-256 of a file's bytes, hexadecimal. */
export async function fileDigest(path: string, { signal }: Abortable = {}): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 })) {
    signal?.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  return hash.digest("hex");
}
