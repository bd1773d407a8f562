import { opendir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Abortable, type Files, InvalidInputError } from "../../base/index.ts";
import { LakeExistsError, LakeNotFoundError } from "../errors.ts";
import type { FileIo, FileLease, FileTail, FileToRead, ListedFile } from "./file-io.ts";
import { PathLease } from "./path-lease.ts";

/** Says where a location of the metadata really is; for tables that were moved since they were written. */
export type LocationMap = (location: string) => string;

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** `file:///a/b`, `file:/a/b` and `/a/b` are one path. Nothing in a location is percent-decoded: no Iceberg writer encodes it. */
export function localPath(location: string): string {
  const scheme = SCHEME.exec(location)?.[1];
  if (scheme === undefined) return location;
  if (scheme !== "file") {
    throw new InvalidInputError(
      `Cannot open ${location}: only files on local disks (file:) and, where the lake is opened with \`storage\`, in S3 are reached, not ${scheme}:`,
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

  #path(location: string): string {
    return localPath(this.#map(location));
  }

  async lease(files: readonly FileToRead[], { signal }: Abortable = {}): Promise<FileLease> {
    signal?.throwIfAborted();
    const paths = new Map(files.map(({ location }) => [location, this.#path(location)]));
    return new PathLease(paths, () => {});
  }

  async read(location: string, { signal }: Abortable = {}): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const path = this.#path(location);
    try {
      return await this.#files.read(path);
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      throw new LakeNotFoundError(`There is no file ${path}; it was never written, or it has been removed`, { cause });
    }
  }

  async write(location: string, bytes: Uint8Array, { signal }: Abortable = {}): Promise<void> {
    signal?.throwIfAborted();
    const aside = await this.beginFile(location);
    {
      await using file = await this.#files.open(aside, "w+");
      await file.write(bytes, 0);
    }
    await this.finishFile(location);
  }

  async remove(location: string, { signal }: Abortable = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#files.remove(this.#path(location));
  }

  /** Asks the disk itself and not the seam: what it tells changes nothing, and no fault of a disk hides in it. */
  async *list(prefix: string, { signal }: Abortable = {}): AsyncGenerator<ListedFile> {
    const folder = prefix.replace(/\/+$/, "");
    const waiting = [""];
    for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
      signal?.throwIfAborted();
      for await (const { name, isFolder } of entriesOf(this.#path(`${folder}${below}`))) {
        signal?.throwIfAborted();
        const location = `${folder}${below}/${name}`;
        if (isFolder) waiting.push(`${below}/${name}`);
        else yield* listed(location, this.#path(location));
      }
    }
  }

  async beginFile(location: string): Promise<string> {
    const path = this.#path(location);
    await this.#ensureFolder(dirname(path));
    return asidePath(path);
  }

  async finishFile(location: string, { signal }: Abortable = {}): Promise<void> {
    signal?.throwIfAborted();
    const path = this.#path(location);
    {
      await using file = await this.#files.open(asidePath(path), "r+");
      await file.sync();
    }
    await this.#refuseOther(path, location);
    await this.#files.rename(asidePath(path), path);
    await this.#files.syncFolder(dirname(path));
  }

  async abandonFile(location: string): Promise<void> {
    const path = this.#path(location);
    await this.#files.remove(asidePath(path));
    await this.#files.remove(path);
  }

  async readTail(pathOrLocation: string, byteLengthMax: number): Promise<FileTail> {
    await using file = await this.#files.open(this.#path(pathOrLocation), "r");
    const fileByteLength = await file.size();
    const bytes = new Uint8Array(Math.min(byteLengthMax, fileByteLength));
    const filled = await file.read(bytes, fileByteLength - bytes.byteLength);
    return { bytes: bytes.subarray(0, filled), fileByteLength };
  }

  /** A name is given once. Two writers never share one, so that looking first is enough. */
  async #refuseOther(path: string, location: string): Promise<void> {
    const byteLength = await this.#sizeOf(path);
    if (byteLength === undefined) return;
    const isSame =
      byteLength === (await this.#files.size(asidePath(path))) &&
      Buffer.from(await this.#files.read(path)).equals(await this.#files.read(asidePath(path)));
    if (isSame) return;
    await this.#files.remove(asidePath(path));
    throw new LakeExistsError(
      `Cannot write ${location}: there is a file of ${byteLength} other bytes. It stays; write under a new name`,
    );
  }

  async #sizeOf(path: string): Promise<number | undefined> {
    try {
      return await this.#files.size(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Makes the folder; each new folder's name is durable before anything is put into it. */
  async #ensureFolder(folder: string): Promise<void> {
    if (this.#durableFolders.has(folder)) return;
    const parent = dirname(folder);
    if (parent !== folder) await this.#ensureFolder(parent);
    if ((await this.#sizeOf(folder)) !== undefined) return this.#remember(folder);
    await this.#files.makeFolder(folder);
    await this.#files.syncFolder(parent);
    this.#remember(folder);
  }

  #remember(folder: string): void {
    if (this.#durableFolders.size >= 10_000) this.#durableFolders.clear();
    this.#durableFolders.add(folder);
  }
}

async function* entriesOf(folder: string): AsyncGenerator<{ readonly name: string; readonly isFolder: boolean }> {
  try {
    for await (const entry of await opendir(folder)) yield { name: entry.name, isFolder: entry.isDirectory() };
  } catch (error) {
    if (!isMissing(error)) throw error; // Removed meanwhile, or never made.
  }
}

async function* listed(location: string, path: string): AsyncGenerator<ListedFile> {
  try {
    const { size, mtimeMs } = await stat(path);
    yield { location, byteLength: size, modifiedMs: mtimeMs };
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Hidden from readers of a folder, which skip names that begin with a dot. */
function asidePath(path: string): string {
  return join(dirname(path), `.${basename(path)}.writing`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
