import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Files } from "../../base/index.ts";
import type { FileTail } from "./file-io.ts";

export interface StagedFile {
  readonly path: string;
  readonly byteLength: number;
}

/** New files on the local disk, until they are sent to where they belong. What a crash left is removed at the next start. */
export class StagingFolder {
  readonly #files: Files;
  readonly #folder: string;

  private constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /** @param folder this process's alone */
  static async open(files: Files, folder: string): Promise<StagingFolder> {
    await files.remove(folder);
    await files.makeFolder(folder);
    return new StagingFolder(files, folder);
  }

  async begin(location: string): Promise<string> {
    return this.#path(location);
  }

  async finish(location: string): Promise<StagedFile> {
    const path = this.#path(location);
    return { path, byteLength: await this.#files.size(path) };
  }

  async drop(location: string): Promise<void> {
    await this.#files.remove(this.#path(location));
  }

  async readTail(path: string, byteLengthMax: number): Promise<FileTail> {
    await using file = await this.#files.open(path, "r");
    const fileByteLength = await file.size();
    const bytes = new Uint8Array(Math.min(byteLengthMax, fileByteLength));
    const filled = await file.read(bytes, fileByteLength - bytes.byteLength);
    return { bytes: bytes.subarray(0, filled), fileByteLength };
  }

  /** Locations are longer than a file's name may be. */
  #path(location: string): string {
    return join(this.#folder, `${createHash("sha256").update(location).digest("hex").slice(0, 40)}.writing`);
  }
}
