import { Worker } from "node:worker_threads";
import { type Clock, describeError } from "../../base/index.ts";
import type { IsolationSettings } from "./isolation-settings.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./protocol.ts";
import { SharedCounters } from "./shared-counters.ts";

export interface WorkerLifeOptions {
  /** Of the thread, for debuggers. */
  readonly name: string;
  readonly start: WorkerStart;
  readonly settings: IsolationSettings;
  readonly clock: Clock;
  /** Called for every message, to the last: those sent before the worker died are still told. */
  onMessage(message: FromWorker): void;
}

/** One worker from its start to its end, and the watch over it. */
export class WorkerLife {
  /** Undefined: it ended because it was asked to. Else why it did not go on. Never rejects. */
  readonly ended: Promise<string | undefined>;
  readonly #options: WorkerLifeOptions;
  readonly #worker: Worker;
  readonly #counters: SharedCounters;
  readonly #over = new AbortController();
  readonly #startedMs: number;
  #isReady = false;
  /** How often in a row the worker had not come round. */
  #looksInVain = 0;
  #isDone = false;
  #reason: string | undefined;

  constructor(options: WorkerLifeOptions) {
    const { name, start, settings, clock } = options;
    this.#options = options;
    this.#counters = new SharedCounters(start.counters);
    this.#startedMs = clock.monotonicMs();
    // In the built package the worker is a .js file beside this one.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#worker = new Worker(new URL(`./feed.worker.${extension}`, import.meta.url), {
      workerData: start,
      name,
      resourceLimits: {
        maxOldGenerationSizeMb: settings.heapMebibytesMax,
        maxYoungGenerationSizeMb: settings.newObjectsMebibytesMax,
      },
    });
    this.#worker.on("message", (message: FromWorker) => this.#heard(message));
    this.#worker.on("error", (error) => {
      this.#reason ??= describeError(error);
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        this.#over.abort();
        resolve(this.#isDone ? undefined : (this.#reason ?? `it exited with code ${code}`));
      });
    });
    void this.#watch();
  }

  get ageMs(): number {
    return this.#options.clock.monotonicMs() - this.#startedMs;
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Asks the worker to end its sockets and to hand over what they delivered: see `ended`. */
  stop(): void {
    if (this.#isReady) this.post({ kind: "stop" });
    else this.#finish(); // It has opened nothing yet.
  }

  #heard(message: FromWorker): void {
    if (message.kind === "ready") {
      this.#isReady = true;
      this.#looksInVain = 0; // Loading its modules may have taken longer than a heartbeat may.
    }
    this.#options.onMessage(message);
    if (message.kind === "ended") this.#finish();
  }

  #finish(): void {
    this.#isDone = true;
    void this.#worker.terminate();
  }

  /** Counts looks and not time: after a pause of the whole process, the worker has a chance to come round first. */
  async #watch(): Promise<void> {
    const { clock, settings } = this.#options;
    const { signal } = this.#over;
    let beats = this.#counters.beats;
    while (!signal.aborted) {
      await clock.sleep(settings.heartbeatEveryMs, { signal }).catch(() => {});
      this.#looksInVain = this.#counters.beats === beats ? this.#looksInVain + 1 : 0;
      beats = this.#counters.beats;
      const silentMs = this.#looksInVain * settings.heartbeatEveryMs;
      const silentMsMax = this.#isReady ? settings.heartbeatMsMax : settings.readyMsMax;
      if (silentMs < silentMsMax || signal.aborted) continue;
      this.#reason ??= this.#isReady ? `it was stuck for ${silentMs} ms` : `it did not start within ${silentMs} ms`;
      await this.#worker.terminate();
      return;
    }
  }
}
