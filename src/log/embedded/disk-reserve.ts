import { join } from "node:path";
import type { Files } from "../../base/index.ts";

/** Enough for the few hundred bytes that retention writes before it removes anything, on any file system. */
const RESERVE_BYTES = 256 * 1024;

/**
 * A file that only takes up space, to be given up when the disk is full to the last byte: retention must write down
 * what it removes before it removes it, and needs a little room for that.
 */
export class DiskReserve {
  readonly #files: Files;
  readonly #path: string;

  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#path = join(folder, "reserve");
  }

  /** Takes up the space, if there is any; a full disk is no reason to fail. */
  async fill(): Promise<void> {
    try {
      if ((await this.#files.size(this.#path).catch(() => 0)) === RESERVE_BYTES) return;
      await using file = await this.#files.open(this.#path, "w+");
      await file.write(new Uint8Array(RESERVE_BYTES).fill(0x2b), 0); // Not zeros, which some file systems do not store.
    } catch {
      await this.#files.remove(this.#path);
    }
  }

  async release(): Promise<void> {
    await this.#files.remove(this.#path);
  }
}
