import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { InternalError, type RecordBatch } from "../../base/index.ts";
import type { LogChunk } from "../../log/index.ts";
import { STAGED_FRAMES } from "./frame-table.ts";

export interface StageWorkerOptions {
  /** For what does not fit into memory; this stage's alone, and emptied first. */
  readonly spillFolder: string;
  readonly memoryBytes: number;
  readonly threads: number;
}

export type StageRequest =
  | { readonly kind: "add"; readonly place: Omit<LogChunk, "records">; readonly records: RecordBatch }
  | { readonly kind: "run"; readonly sql: string }
  | { readonly kind: "clear" }
  | { readonly kind: "close" };

export interface StageMessage {
  readonly id: number;
  readonly request: StageRequest;
}

export interface StageAnswer {
  readonly id: number;
  readonly rows?: readonly (readonly unknown[])[] | undefined;
  readonly error?: string;
}

/** 64 MB of small frames take half as much again as rows, and sorting them as much once more; beyond it DuckDB spills. */
const MEMORY_BYTES = 256 * 1_048_576;
/**
 * DuckDB works on 2,048 rows at a time, cannot spill those, and holds several copies of them while it sorts and writes: of
 * frames that are larger than this on average, such as pieces of files and whole books, there is room for fewer bytes.
 */
const LARGE_FRAME_BYTES = 4 * 1024;
const LARGE_FRAMES_BYTES_MAX = 20 * 1_048_576;
const THREADS = 2;
/** What the worker makes is short-lived: it need not grow a large nursery for it. */
const YOUNG_GENERATION_MB = 4;

/**
 * Raw frames on their way into Parquet: a table with the columns of bronze.frames, filled from raw log chunks and emptied
 * whole. Bounded by its caller, who looks at `isFull`.
 *
 * It lives in a worker thread, which is there from the first chunk until `rest()`: between two landings it costs nothing.
 */
export class FrameStage implements AsyncDisposable {
  /** A SELECT of all that is staged, for the lake. */
  readonly relation: string = STAGED_FRAMES;
  readonly #spillFolder: string;
  #worker: StageWorker | undefined;
  #bytes = 0;
  #largeBytes = 0;
  #rows = 0;

  constructor(spillFolder: string) {
    this.#spillFolder = spillFolder;
  }

  /** Whether it holds so many bytes, or as much as there is memory for. */
  isFull(bytesMax: number): boolean {
    return this.#bytes >= bytesMax || this.#largeBytes >= LARGE_FRAMES_BYTES_MAX;
  }

  get rows(): number {
    return this.#rows;
  }

  async run(sql: string): Promise<readonly (readonly unknown[])[]> {
    return (await this.#ask({ kind: "run", sql })) ?? [];
  }

  async add({ records, ...place }: LogChunk): Promise<void> {
    // A copy that can be given away: others read the log's chunk.
    const bytes = records.bytes.slice();
    const ends = records.ends.slice(0, records.count);
    const request: StageRequest = { kind: "add", place, records: { count: records.count, bytes, ends } };
    await this.#ask(request, [bytes.buffer as ArrayBuffer, ends.buffer as ArrayBuffer]);
    const { byteLength } = records.bytes;
    this.#bytes += byteLength;
    if (byteLength > LARGE_FRAME_BYTES * records.count) this.#largeBytes += byteLength;
    this.#rows += records.count;
  }

  async clear(): Promise<void> {
    if (this.#worker !== undefined) await this.#ask({ kind: "clear" });
    this.#forget();
  }

  /** Forgets what is staged and gives everything back; the next chunk begins anew. */
  async rest(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#forget();
    await worker?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rest();
  }

  #forget(): void {
    this.#bytes = 0;
    this.#largeBytes = 0;
    this.#rows = 0;
  }

  #ask(request: StageRequest, transfer: readonly ArrayBuffer[] = []): Promise<StageAnswer["rows"]> {
    const options = { spillFolder: this.#spillFolder, memoryBytes: MEMORY_BYTES, threads: THREADS };
    this.#worker ??= new StageWorker(options);
    return this.#worker.ask(request, transfer);
  }
}

/** Asks the worker and gives back its answers, in the order asked. */
class StageWorker implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<StageAnswer["rows"]>>();
  #lastId = 0;
  #ended: Error | undefined;

  constructor(options: StageWorkerOptions) {
    // In the built package the worker is a .js file beside this one.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#worker = new Worker(new URL(`./frame-stage.worker.${extension}`, import.meta.url), {
      workerData: options,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.on("message", ({ id, rows, error }: StageAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(rows);
      else waiting?.reject(new InternalError(`Cannot stage raw frames: ${error}. They are in the raw log still`));
    });
    this.#worker.on("error", (cause) => {
      this.#end(new InternalError("The worker that stages raw frames failed and is gone", { cause }));
    });
    this.#worker.once("exit", () => this.#end(new InternalError("The worker that stages raw frames was closed")));
  }

  ask(request: StageRequest, transfer: readonly ArrayBuffer[]): Promise<StageAnswer["rows"]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const waiting = Promise.withResolvers<StageAnswer["rows"]>();
    this.#waiting.set(this.#lastId, waiting);
    this.#worker.postMessage({ id: this.#lastId, request } satisfies StageMessage, [...transfer]);
    return waiting.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended !== undefined) return;
    const exit = once(this.#worker, "exit");
    await this.ask({ kind: "close" }, []);
    await exit;
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
