import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface InteropFolder extends AsyncDisposable {
  /** Absolute, without symbolic links. */
  readonly path: string;
}

/** A temporary folder that goes with its owner. */
export async function makeInteropFolder(): Promise<InteropFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "k2-interop-")));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
