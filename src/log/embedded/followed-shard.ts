import { abortable, type Clock, type Files } from "../../base/index.ts";
import type { LogClosedError } from "../errors.ts";
import { LogCorruptError } from "../errors.ts";
import { type DurableEnd, PUBLISH_INTERVAL_MS, readDurableEnd } from "./durable-end.ts";
import { scanFrames } from "./frame-scan.ts";
import { loadShard } from "./load-shard.ts";
import { Shard } from "./shard.ts";
import { ShardIndex } from "./shard-index.ts";

export interface FollowedShardOptions {
  readonly files: Files;
  readonly clock: Clock;
  readonly folder: string;
  readonly shard: string;
  readonly pollMsMin: number;
  readonly pollMsMax: number;
  readonly cacheBytesMax: number;
}

/** Retention may remove files while we list and open them; each time the next look finds a newer state. */
const LOAD_ATTEMPTS_MAX = 20;
/** The owner tells of an append some milliseconds after it acknowledged it. */
const SETTLE_MS = 4 * PUBLISH_INTERVAL_MS;

/** A shard that another thread or process writes: what it says is durable, looked at again and again. */
export class FollowedShard extends Shard {
  readonly #options: FollowedShardOptions;
  readonly #stopping = new AbortController();
  #end: DurableEnd | undefined;
  #refreshing: Promise<void> | undefined;
  #waiters = 0;
  #polling: Promise<void> | undefined;

  constructor(options: FollowedShardOptions) {
    super({ ...options, index: new ShardIndex(options.shard) });
    this.#options = options;
  }

  /** Takes in what has become durable since. Concurrent calls share one look. */
  override refresh(): Promise<void> {
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  override async settle(): Promise<void> {
    await this.#options.clock.sleep(SETTLE_MS);
    await this.refresh();
  }

  async #look(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const end = await readDurableEnd(this.files, this.folder);
      if (end === undefined || isSame(end, this.#end)) return;
      try {
        if (end.segment === this.#end?.segment) await this.#catchUp(end);
        else await this.#loadAnew(end);
        this.#end = end;
        this.wake();
        return;
      } catch (error) {
        const latest = await readDurableEnd(this.files, this.folder);
        if (attempt >= LOAD_ATTEMPTS_MAX || isSame(end, latest) || !isFromRemoval(error)) throw error;
      }
    }
  }

  async #catchUp(end: DurableEnd): Promise<void> {
    const segment = this.index.active;
    if (segment === undefined) return;
    await using file = await this.files.open(segment.path, "r");
    const place = { segment: segment.sequence, position: segment.byteLength, limit: end.position };
    const position = await scanFrames(file, place, (frame, at) => {
      this.index.apply(frame, segment, at);
      this.cache.put(segment.sequence, at, frame);
    });
    if (position === end.position) return;
    throw new LogCorruptError({ path: segment.path, position, seen: "a frame within the durable part is not intact" });
  }

  async #loadAnew(until: DurableEnd): Promise<void> {
    const { files, folder, shard } = this.#options;
    this.index = await loadShard({ files, folder, shard, until });
  }

  /** Looks for more while anyone waits. */
  override async wait(changed: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    this.#waiters += 1;
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined;
    });
    try {
      await abortable(Promise.race([changed, this.#polling]), signal);
    } finally {
      this.#waiters -= 1;
    }
  }

  async #poll(): Promise<void> {
    const { clock, pollMsMin, pollMsMax } = this.#options;
    let pollMs = pollMsMin;
    while (this.#waiters > 0 && !this.#stopping.signal.aborted) {
      const { changed } = this;
      await this.refresh();
      const isQuiet = changed === this.changed;
      pollMs = isQuiet ? Math.min(pollMs * 1.5, pollMsMax) : pollMsMin;
      await clock.sleep(pollMs, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  async stop(reason: LogClosedError): Promise<void> {
    this.close(reason);
    this.#stopping.abort(reason);
    await this.#polling?.catch(() => {});
    await this.#refreshing?.catch(() => {});
  }
}

function isSame(a: DurableEnd | undefined, b: DurableEnd | undefined): boolean {
  return a?.segment === b?.segment && a?.position === b?.position && a?.commit === b?.commit;
}

function isFromRemoval(error: unknown): boolean {
  return error instanceof LogCorruptError || (error as NodeJS.ErrnoException).code === "ENOENT";
}
