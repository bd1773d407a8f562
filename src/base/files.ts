import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";

/**
 * The seam through which the log and the lake reach a disk, so that a test can tear a write,
 * fill the disk or fail an fsync. Paths are the system's own. Errors are Node's (`code`: ENOSPC, ENOENT, …).
 */
export interface Files {
  open(path: string, flags: "r" | "r+" | "w+" | "wx+" | "a"): Promise<OpenFile>;
  makeFolder(path: string): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array>;
  size(path: string): Promise<number>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes a rename or a new name in `folder` durable. */
  syncFolder(folder: string): Promise<void>;
  freeBytes(folder: string): Promise<number>;
}

export interface OpenFile extends AsyncDisposable {
  /** Writes all of `bytes` at `position`, or throws having written any part of it. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Fills `into` from `position`; returns how many bytes the file had there. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Data, and the length where it changed, are on the device when this resolves. */
  sync(): Promise<void>;
  truncate(byteLength: number): Promise<void>;
  size(): Promise<number>;
}

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let written = 0;
    while (written < bytes.byteLength) {
      const result = await this.#handle.write(bytes, written, bytes.byteLength - written, position + written);
      written += result.bytesWritten; // A nearly full disk writes short; the next turn reports ENOSPC.
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.byteLength) {
      const { bytesRead } = await this.#handle.read(into, filled, into.byteLength - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(byteLength: number): Promise<void> {
    return this.#handle.truncate(byteLength);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }
}

export const systemFiles: Files = {
  open: async (path, flags) => new NodeFile(await open(path, flags)),
  makeFolder: async (path) => void (await mkdir(path, { recursive: true })),
  list: (folder) => readdir(folder),
  read: async (path) => new Uint8Array(await readFile(path)),
  size: async (path) => (await stat(path)).size,
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  async syncFolder(folder) {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};
