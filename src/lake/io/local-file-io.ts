import { basename, dirname, join } from "node:path";
import type { Files } from "../../base/index.ts";
import { InvalidInputError } from "../../base/index.ts";
import { LakeNotFoundError } from "../errors.ts";
import type { FileIo, FileTail } from "./file-io.ts";

/** Says where a location of the metadata really is; for tables that were moved since they were written. */
export type LocationMap = (location: string) => string;

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** `file:///a/b`, `file:/a/b` and `/a/b` are one path. Nothing in a location is percent-decoded: no Iceberg writer encodes it. */
export function localPath(location: string): string {
  const scheme = SCHEME.exec(location)?.[1];
  if (scheme === undefined) return location;
  if (scheme !== "file") {
    throw new InvalidInputError(
      `Cannot open ${location}: only files on local disks (file:) can be read, not ${scheme}:`,
    );
  }
  const path = location.slice(5);
  return path.startsWith("//") ? path.slice(path.indexOf("/", 2)) : path;
}

/** The local disk. New files are written aside, synced, renamed, and their folder is synced. */
export class LocalFileIo implements FileIo {
  readonly #files: Files;
  readonly #map: LocationMap;
  /** Folders whose entry in their parent is known to be durable; bounded, as forgetting only costs a sync. */
  readonly #durableFolders = new Set<string>();

  constructor(files: Files, map: LocationMap = (location) => location) {
    this.#files = files;
    this.#map = map;
  }

  readablePath(location: string): string {
    return localPath(this.#map(location));
  }

  async read(location: string): Promise<Uint8Array> {
    const path = this.readablePath(location);
    try {
      return await this.#files.read(path);
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      throw new LakeNotFoundError(`There is no file ${path}; it was never written, or it has been removed`, { cause });
    }
  }

  async write(location: string, bytes: Uint8Array): Promise<void> {
    const aside = await this.beginFile(location);
    {
      await using file = await this.#files.open(aside, "w+");
      await file.write(bytes, 0);
    }
    await this.finishFile(location);
  }

  async remove(location: string): Promise<void> {
    await this.#files.remove(this.readablePath(location));
  }

  async beginFile(location: string): Promise<string> {
    const path = this.readablePath(location);
    await this.#ensureFolder(dirname(path));
    return asidePath(path);
  }

  async finishFile(location: string): Promise<void> {
    const path = this.readablePath(location);
    {
      await using file = await this.#files.open(asidePath(path), "r+");
      await file.sync();
    }
    await this.#files.rename(asidePath(path), path);
    await this.#files.syncFolder(dirname(path));
  }

  async abandonFile(location: string): Promise<void> {
    const path = this.readablePath(location);
    await this.#files.remove(asidePath(path));
    await this.#files.remove(path);
  }

  async readTail(path: string, byteLengthMax: number): Promise<FileTail> {
    await using file = await this.#files.open(path, "r");
    const fileByteLength = await file.size();
    const bytes = new Uint8Array(Math.min(byteLengthMax, fileByteLength));
    const filled = await file.read(bytes, fileByteLength - bytes.byteLength);
    return { bytes: bytes.subarray(0, filled), fileByteLength };
  }

  /** Makes the folder; each new folder's name is durable before anything is put into it. */
  async #ensureFolder(folder: string): Promise<void> {
    if (this.#durableFolders.has(folder)) return;
    const parent = dirname(folder);
    if (parent !== folder) await this.#ensureFolder(parent);
    if (await this.#isFolder(folder)) return this.#remember(folder);
    await this.#files.makeFolder(folder);
    await this.#files.syncFolder(parent);
    this.#remember(folder);
  }

  async #isFolder(folder: string): Promise<boolean> {
    try {
      await this.#files.size(folder);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  #remember(folder: string): void {
    if (this.#durableFolders.size >= 10_000) this.#durableFolders.clear();
    this.#durableFolders.add(folder);
  }
}

/** Hidden from readers of a folder, which skip names that begin with a dot. */
function asidePath(path: string): string {
  return join(dirname(path), `.${basename(path)}.writing`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
