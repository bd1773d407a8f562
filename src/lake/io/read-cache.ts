import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Abortable, abortable, type Files, InvalidInputError } from "../../base/index.ts";
import { LakeCorruptError, ReadCacheFullError } from "../errors.ts";
import type { FileLease, FileToRead } from "./file-io.ts";
import { inParallel } from "./in-parallel.ts";
import { PathLease } from "./path-lease.ts";
import type { StagedFile } from "./staging-folder.ts";

/** Fetches a part of a remote file. */
export type FetchRange = (
  location: string,
  range: { readonly start: number; readonly byteLength: number },
  options: Abortable,
) => Promise<Uint8Array>;

export interface ReadCacheOptions {
  /** This process's alone. */
  readonly folder: string;
  readonly bytesMax: number;
  readonly fetchRange: FetchRange;
  readonly files: Files;
  /** Told of each file that is asked for. */
  readonly count?: ((outcome: "hit" | "fetched") => void) | undefined;
  /** Requests for parts of files under way at once; default 8. */
  readonly parallelMax?: number | undefined;
  /** Bytes of one request; default 8 MiB. */
  readonly rangeBytes?: number | undefined;
  /** A lease that nobody ends lasts at least so long; default fifteen minutes. */
  readonly leaseMsMin?: number | undefined;
}

interface Entry {
  readonly path: string;
  readonly byteLength: number;
  /** Of leases, and of the fetch that fills it. */
  holders: number;
  /** Resolves when the whole file is there. */
  ready: Promise<void>;
}

/** What is left to do for a lease when it is disposed of, or forgotten. */
interface Hold {
  isDue: boolean;
  isForgotten: boolean;
  end: () => void;
}

const FORGOTTEN = new FinalizationRegistry<Hold>((hold) => {
  hold.isForgotten = true;
  if (hold.isDue) hold.end();
});

const PARALLEL_DEFAULT = 8;
const RANGE_BYTES_DEFAULT = 8 * 1024 * 1024;
const LEASE_MS_DEFAULT = 15 * 60_000;
const NAME = /^[0-9a-f]{64}-(\d+)$/;

/**
 * Copies of remote files on the local disk, the lately used ones, up to a size. A file that is being read is not removed.
 * A copy has its name only once it is whole, so that what a crash left is never served; what was whole is found again.
 */
export class ReadCache {
  readonly #options: ReadCacheOptions;
  readonly #parallelMax: number;
  /** By file name; the least lately used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #fetches = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  #bytes = 0;
  #active = 0;
  readonly #waiting: (() => void)[] = [];
  /** By file name: a new copy is not put where an old one is still being removed. */
  readonly #removals = new Map<string, Promise<void>>();

  private constructor(options: ReadCacheOptions) {
    this.#options = options;
    this.#parallelMax = options.parallelMax ?? PARALLEL_DEFAULT;
  }

  static async open(options: ReadCacheOptions): Promise<ReadCache> {
    await options.files.makeFolder(options.folder);
    const cache = new ReadCache(options);
    await cache.#recover();
    return cache;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  async #recover(): Promise<void> {
    const { files, folder } = this.#options;
    for (const name of await files.list(folder)) {
      const path = join(folder, name);
      const named = NAME.exec(name)?.[1];
      const byteLength = await files.size(path);
      if (named === undefined || Number(named) !== byteLength) {
        await files.remove(path); // Half fetched, or cut by a power failure.
        continue;
      }
      this.#entries.set(name, { path, byteLength, holders: 0, ready: Promise.resolve() });
      this.#bytes += byteLength;
    }
    await this.#makeRoom(0);
  }

  /**
   * Local copies of all these files, fetched where they are not there; files that others fetch already are waited for.
   *
   * @throws {ReadCacheFullError} when they do not fit beside what is being read now
   */
  async lease(files: readonly FileToRead[], { signal }: Abortable = {}): Promise<FileLease> {
    signal?.throwIfAborted();
    this.#refuseTooMany(files);
    const held = new Map<string, Entry>();
    const release = (): void => {
      for (const entry of held.values()) entry.holders -= 1;
      held.clear();
    };
    try {
      for (const file of files) {
        if (held.has(file.location)) continue;
        const entry = this.#entryOf(file);
        entry.holders += 1;
        held.set(file.location, entry);
      }
      await this.#makeRoom(0);
      await abortable(Promise.all([...held.values()].map(({ ready }) => ready)), signal);
    } catch (error) {
      release();
      await this.#makeRoom(0).catch(() => undefined);
      throw error;
    }
    const paths = new Map([...held].map(([location, { path }]) => [location, path]));
    return this.#heldLease(paths, release);
  }

  #refuseTooMany(files: readonly FileToRead[]): void {
    const wanted = new Map(files.map((file) => [nameOf(file), file.byteLength]));
    const wantedBytes = [...wanted.values()].reduce((total, byteLength) => total + byteLength, 0);
    const otherBytes = [...this.#entries].reduce(
      (total, [name, { holders, byteLength }]) => total + (holders > 0 && !wanted.has(name) ? byteLength : 0),
      0,
    );
    if (wantedBytes + otherBytes <= this.#options.bytesMax) return;
    throw new ReadCacheFullError(
      `Cannot read ${wanted.size} remote files of ${wantedBytes} bytes: the cache in ${this.#options.folder} holds ${this.#options.bytesMax}, ` +
        `of which other scans read ${otherBytes} now. Nothing was fetched; raise cacheBytesMax, narrow the scan, or end scans that are done`,
    );
  }

  /** Who forgets the lease keeps the files until nothing refers to it any more, and `leaseMsMin` at least: SQL text may outlive it. */
  #heldLease(paths: ReadonlyMap<string, string>, release: () => void): FileLease {
    const hold: Hold = { isDue: false, isForgotten: false, end: () => undefined };
    const timer = setTimeout(() => {
      hold.isDue = true;
      if (hold.isForgotten) hold.end();
    }, this.#options.leaseMsMin ?? LEASE_MS_DEFAULT);
    timer.unref();
    this.#timers.add(timer);
    hold.end = () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
      release();
    };
    const lease = new PathLease(paths, () => hold.end()); // Nothing that the hold keeps may refer to the lease.
    FORGOTTEN.register(lease, hold);
    return lease;
  }

  /** The file's entry, now the most lately used; its fetch begins here where there is none. */
  #entryOf(file: FileToRead): Entry {
    const name = nameOf(file);
    const known = this.#entries.get(name);
    this.#options.count?.(known === undefined ? "fetched" : "hit");
    if (known !== undefined) {
      this.#entries.delete(name);
      this.#entries.set(name, known);
      return known;
    }
    const { byteLength } = file;
    const entry: Entry = { path: join(this.#options.folder, name), byteLength, holders: 1, ready: Promise.resolve() };
    entry.ready = this.#fill(name, entry, file);
    entry.ready.catch(() => {}); // Told to whoever waits for it.
    this.#entries.set(name, entry);
    this.#bytes += byteLength;
    return entry;
  }

  async #fill(name: string, entry: Entry, { location, byteLength }: FileToRead): Promise<void> {
    try {
      await this.#removals.get(name);
      await this.#fetch(location, entry.path, byteLength);
    } catch (error) {
      this.#forget(name, entry); // The next who asks tries anew.
      throw error;
    } finally {
      entry.holders -= 1;
    }
  }

  async #fetch(location: string, path: string, byteLength: number): Promise<void> {
    const { files, rangeBytes = RANGE_BYTES_DEFAULT } = this.#options;
    const aside = `${path}.part`;
    const starts = Array.from({ length: Math.ceil(byteLength / rangeBytes) }, (_, index) => index * rangeBytes);
    try {
      {
        await using file = await files.open(aside, "w+");
        await inParallel(
          starts,
          { parallelMax: this.#parallelMax, signal: this.#fetches.signal },
          async (start, _, stop) => {
            const wanted = Math.min(rangeBytes, byteLength - start);
            await file.write(await this.#range(location, { start, byteLength: wanted }, stop), start);
          },
        );
        await file.sync(); // A name given before its bytes are down could outlive them.
      }
      await files.rename(aside, path);
    } catch (error) {
      await files.remove(aside).catch(() => undefined);
      throw error;
    }
  }

  async #range(
    location: string,
    range: { readonly start: number; readonly byteLength: number },
    stop: AbortSignal,
  ): Promise<Uint8Array> {
    await this.#enter();
    try {
      stop.throwIfAborted();
      const bytes = await this.#options.fetchRange(location, range, { signal: stop });
      if (bytes.byteLength === range.byteLength) return bytes;
      throw new LakeCorruptError(
        `Cannot read ${location}: it ends ${range.byteLength - bytes.byteLength} bytes before where its manifest says. Nothing of it was used`,
      );
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#active >= this.#parallelMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#active += 1;
  }

  /** Hands the turn on, or gives it back. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#active -= 1;
    else next();
  }

  /** Takes over a file that was written here and sent, as it is likely to be read soon. It is moved away where it fits. */
  async adopt(location: string, staged: StagedFile): Promise<void> {
    const name = nameOf({ location, byteLength: staged.byteLength });
    if (this.#entries.has(name) || staged.byteLength > this.#options.bytesMax / 4) return;
    await this.#makeRoom(staged.byteLength);
    if (this.#bytes + staged.byteLength > this.#options.bytesMax || this.#entries.has(name)) return;
    if (this.#removals.has(name)) return;
    const { files, folder } = this.#options;
    const path = join(folder, name);
    const entry: Entry = { path, byteLength: staged.byteLength, holders: 1, ready: Promise.resolve() };
    this.#entries.set(name, entry);
    this.#bytes += staged.byteLength;
    entry.ready = files.rename(staged.path, path);
    try {
      await entry.ready;
    } catch {
      this.#forget(name, entry); // A copy is a help and no need: the file is where it belongs.
    } finally {
      entry.holders -= 1;
    }
  }

  /** The file is gone from the store: its copies go too, where nobody reads them. */
  async drop(location: string): Promise<void> {
    const prefix = `${hashOf(location)}-`;
    for (const [name, entry] of [...this.#entries]) {
      if (name.startsWith(prefix) && entry.holders === 0) await this.#evict(name, entry);
    }
  }

  #forget(name: string, entry: Entry): void {
    if (this.#entries.get(name) !== entry) return;
    this.#entries.delete(name);
    this.#bytes -= entry.byteLength;
  }

  /** Removes what was used longest ago until `byteLength` more fits; what is being read stays. */
  async #makeRoom(byteLength: number): Promise<void> {
    for (const [name, entry] of [...this.#entries]) {
      if (this.#bytes + byteLength <= this.#options.bytesMax) return;
      if (entry.holders === 0 && this.#entries.get(name) === entry) await this.#evict(name, entry);
    }
  }

  async #evict(name: string, entry: Entry): Promise<void> {
    this.#forget(name, entry);
    const removal = this.#options.files.remove(entry.path).finally(() => this.#removals.delete(name));
    this.#removals.set(
      name,
      removal.catch(() => undefined),
    );
    await removal;
  }

  /** Ends the fetches under way. The copies stay for the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fetches.abort(new InvalidInputError("The lake was closed while a file was fetched. Nothing of it was used"));
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.allSettled([...this.#entries.values()].map(({ ready }) => ready));
  }
}

function hashOf(location: string): string {
  return createHash("sha256").update(location).digest("hex");
}

function nameOf({ location, byteLength }: FileToRead): string {
  return `${hashOf(location)}-${byteLength}`;
}
