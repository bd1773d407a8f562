import { join } from "node:path";
import { crc32c } from "@node-rs/crc32";
import type { Clock, Files, OpenFile } from "../../base/index.ts";
import { readUint64, viewOf, writeUint64 } from "./frame.ts";

/** How far a shard is durable: all before `position` of `segment`. */
export interface DurableEnd {
  readonly segment: number;
  readonly position: number;
  readonly commit: number;
}

const MAGIC = 0x4531324b; // "K21E"
const FILE_BYTES = 32;

export function durableEndPath(folder: string): string {
  return join(folder, "end");
}

/** Undefined when there is none, or what stands there is not whole (it is never synced: a power cut may spoil it). */
export async function readDurableEnd(files: Files, folder: string): Promise<DurableEnd | undefined> {
  try {
    const file = await files.open(durableEndPath(folder), "r");
    try {
      return await readFrom(file);
    } finally {
      await file[Symbol.asyncDispose]();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function readFrom(file: OpenFile): Promise<DurableEnd | undefined> {
  const bytes = new Uint8Array(FILE_BYTES);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const length = await file.read(bytes, 0);
    const view = viewOf(bytes);
    if (
      length === FILE_BYTES &&
      view.getUint32(0, true) === MAGIC &&
      view.getUint32(4, true) === crc32c(bytes.subarray(8))
    ) {
      return { segment: readUint64(view, 8), position: readUint64(view, 16), commit: readUint64(view, 24) };
    }
  }
  return undefined;
}

function encodeDurableEnd({ segment, position, commit }: DurableEnd): Uint8Array {
  const bytes = new Uint8Array(FILE_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC, true);
  writeUint64(view, 8, segment);
  writeUint64(view, 16, position);
  writeUint64(view, 24, commit);
  view.setUint32(4, crc32c(bytes.subarray(8)), true);
  return bytes;
}

/** Readers beside the owner look every few milliseconds: telling them more often would only slow the appends. */
export const PUBLISH_INTERVAL_MS = 4;

/**
 * Tells readers in other threads and processes how far the shard is durable, by 32 bytes in a file.
 * Written after the sync it speaks of and never synced itself: it may be behind the truth, never ahead of it.
 */
export class DurableEndPublisher {
  readonly #file: OpenFile;
  readonly #clock: Clock;
  readonly #hurry = new AbortController();
  #latest: DurableEnd | undefined;
  #writing: Promise<void> | undefined;
  #publishing: Promise<void> | undefined;
  #failure: unknown;

  constructor(file: OpenFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  static async open(files: Files, folder: string, clock: Clock): Promise<DurableEndPublisher> {
    const path = durableEndPath(folder);
    try {
      return new DurableEndPublisher(await files.open(path, "r+"), clock);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return new DurableEndPublisher(await files.open(path, "w+"), clock);
    }
  }

  /** At once when there was nothing to tell for some milliseconds, else soon; only the latest counts, and no append waits for it. */
  publish(end: DurableEnd): void {
    this.#latest = end;
    this.#publishing ??= this.#publishAll();
  }

  /** Resolves when the latest is visible to others. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#write();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #publishAll(): Promise<void> {
    const { signal } = this.#hurry;
    while (this.#latest !== undefined && !signal.aborted) {
      await this.#write();
      await this.#clock.sleep(PUBLISH_INTERVAL_MS, { signal }).catch(() => {});
    }
    this.#publishing = undefined;
  }

  async #write(): Promise<void> {
    const end = this.#latest;
    if (end === undefined) return;
    this.#latest = undefined;
    this.#writing = this.#file.write(encodeDurableEnd(end), 0).then(
      () => {
        this.#failure = undefined;
      },
      (error: unknown) => {
        this.#failure = error; // Others see the log stand still until it works again; appends are not touched by it.
        this.#latest ??= end;
      },
    );
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hurry.abort();
    await this.#publishing;
    await this.flush().catch(() => {});
    await this.#file[Symbol.asyncDispose]();
  }
}
