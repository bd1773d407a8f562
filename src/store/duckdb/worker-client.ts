import { Worker } from "node:worker_threads";
import { type Abortable, InternalError } from "../../base/index.ts";
import { SqlError, StoreClosedError } from "../errors.ts";
import type { Answer, AnswerMessage, Request, RequestMessage, WorkerOptions } from "./protocol.ts";

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends requests to the worker and gives back its answers. */
export class WorkerClient implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | undefined;

  constructor(options: WorkerOptions) {
    // In the built package the worker is a .js file beside this one.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: options });
    this.#worker.on("message", (message: AnswerMessage) => this.#settle(message));
    this.#worker.on("error", (error) => {
      this.#end(new InternalError("The store's worker failed and is gone", { cause: error }));
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#end(new StoreClosedError());
        resolve();
      });
    });
  }

  /** Aborting interrupts a statement, which then rejects with the signal's reason. Other requests are not aborted. */
  async send(request: Request, { signal, transfer = [] }: SendOptions = {}): Promise<Answer> {
    signal?.throwIfAborted();
    if (this.#ended !== undefined) throw this.#ended;
    this.#lastId += 1;
    const id = this.#lastId;
    const interrupt = (): void => this.#worker.postMessage({ id, interrupt: true } satisfies RequestMessage);
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#worker.postMessage({ id, request } satisfies RequestMessage, [...transfer]);
      });
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    } finally {
      signal?.removeEventListener("abort", interrupt);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === undefined) await this.send({ kind: "close" });
    await this.#exited;
  }

  #settle({ id, answer, error }: AnswerMessage): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(error.sql ? new SqlError(error.message) : new Error(error.message));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

interface SendOptions extends Abortable {
  readonly transfer?: readonly ArrayBuffer[];
}
