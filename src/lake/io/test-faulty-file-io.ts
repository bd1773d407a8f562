import type { Abortable, Random } from "../../base/index.ts";
import { StorageUnavailableError } from "../errors.ts";
import type { FileIo, FileLease, FileTail, FileToRead, ListedFile } from "./file-io.ts";

/** How a call on files goes wrong. */
export type FileFault =
  /** Nothing is done. */
  | "before"
  /** All is done, and the caller is told that it failed. */
  | "after"
  /** A read gives half of the bytes, which the caller must notice. */
  | "torn"
  | "slow";

export interface FaultyOptions {
  readonly random: Random;
  /** Share of calls that fail, 0 to 1. */
  readonly rate: number;
  /** Default `before` and `after`: what a store may do to a client that checks lengths. */
  readonly faults?: readonly FileFault[];
}

const SLOW_MS = 5;

/** For tests: any FileIo, failing at random by a seed. What it calls is counted. */
export class FaultyFileIo implements FileIo {
  readonly #io: FileIo;
  readonly #options: FaultyOptions;
  #rate: number;
  calls = 0;
  faultsMade = 0;

  constructor(io: FileIo, options: FaultyOptions) {
    this.#io = io;
    this.#options = options;
    this.#rate = options.rate;
  }

  /** From now on nothing fails. */
  heal(): void {
    this.#rate = 0;
  }

  async #disturb<T>(what: string, act: () => Promise<T>, tear: (result: T) => T = (result) => result): Promise<T> {
    const { random, faults = ["before", "after"] } = this.#options;
    this.calls += 1;
    if (random.next() >= this.#rate) return act();
    this.faultsMade += 1;
    const fault = faults[random.int(faults.length)];
    if (fault === "before")
      throw new StorageUnavailableError(`Cannot ${what}: the test says so, before anything was done`);
    if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    const result = await act();
    if (fault === "after") throw new StorageUnavailableError(`Cannot ${what}: the test says so, after all was done`);
    return fault === "torn" ? tear(result) : result;
  }

  read(location: string, options?: Abortable): Promise<Uint8Array> {
    const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.byteLength / 2);
    return this.#disturb(`read ${location}`, () => this.#io.read(location, options), half);
  }

  write(location: string, bytes: Uint8Array, options?: Abortable): Promise<void> {
    return this.#disturb(`write ${location}`, () => this.#io.write(location, bytes, options));
  }

  remove(location: string, options?: Abortable): Promise<void> {
    return this.#disturb(`remove ${location}`, () => this.#io.remove(location, options));
  }

  async *list(prefix: string, options?: Abortable): AsyncGenerator<ListedFile> {
    await this.#disturb(`list ${prefix}`, async () => {});
    yield* this.#io.list(prefix, options);
  }

  lease(files: readonly FileToRead[], options?: Abortable): Promise<FileLease> {
    return this.#disturb("lease files", () => this.#io.lease(files, options));
  }

  beginFile(location: string): Promise<string> {
    return this.#disturb(`begin ${location}`, () => this.#io.beginFile(location));
  }

  finishFile(location: string, options?: Abortable): Promise<void> {
    return this.#disturb(`finish ${location}`, () => this.#io.finishFile(location, options));
  }

  abandonFile(location: string): Promise<void> {
    return this.#disturb(`abandon ${location}`, () => this.#io.abandonFile(location));
  }

  readTail(pathOrLocation: string, byteLengthMax: number): Promise<FileTail> {
    const half = (tail: FileTail): FileTail => ({ ...tail, bytes: tail.bytes.subarray(0, tail.bytes.byteLength / 2) });
    return this.#disturb("read a tail", () => this.#io.readTail(pathOrLocation, byteLengthMax), half);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#io[Symbol.asyncDispose]();
  }
}
