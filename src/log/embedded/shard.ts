import { abortable, type Files } from "../../base/index.ts";
import type { LogClosedError } from "../errors.ts";
import { FrameCache } from "./frame-cache.ts";
import type { FrameAt } from "./frame-scan.ts";
import { PointsCache } from "./points-cache.ts";
import type { Segment } from "./segment.ts";
import type { ShardIndex } from "./shard-index.ts";
import { SharedLoads } from "./shared-loads.ts";

export interface ShardOptions {
  readonly files: Files;
  readonly folder: string;
  readonly index: ShardIndex;
  readonly cacheBytesMax: number;
}

/** What readers of one shard share, in the owner's process and beside it. */
export class Shard {
  readonly files: Files;
  readonly folder: string;
  readonly cache: FrameCache;
  /** By frameKey: an append wakes the readers of all its partitions, and all want the same bytes. */
  readonly loads: SharedLoads<readonly FrameAt[]> = new SharedLoads();
  readonly points: PointsCache;
  index: ShardIndex;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  #closed: LogClosedError | undefined;

  constructor({ files, folder, index, cacheBytesMax }: ShardOptions) {
    this.files = files;
    this.folder = folder;
    this.index = index;
    this.cache = new FrameCache(cacheBytesMax);
    this.points = new PointsCache(files, folder);
  }

  /** Resolves at the next `wake()`. Take it before looking, then wait for it: so no change is missed. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Waits for a change; a reader beside the owner looks for one meanwhile. */
  wait(changed: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    return abortable(changed, signal);
  }

  /** Looks whether there is more, where others write; in the owner's process all is known. */
  async refresh(): Promise<void> {}

  /** Waits until all is seen that the owner acknowledged before this call; in its own process that is so. */
  async settle(): Promise<void> {}

  /** Removes segments whose records are before the starts; the oldest go first, and they are not readable from now on. */
  async remove(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      this.index.segments.splice(this.index.segments.indexOf(segment), 1);
      await this.files.remove(segment.path);
      await this.files.remove(segment.indexPath);
    }
    await this.files.syncFolder(this.folder);
  }

  throwIfClosed(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }

  close(reason: LogClosedError): void {
    this.#closed = reason;
    this.wake();
  }
}
