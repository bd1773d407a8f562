import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { describeError, type Logger, systemClock, systemRandom } from "../../base/index.ts";
import type { ConnectionStatus } from "../connection-status.ts";
import type { Feed } from "../feed.ts";
import type { FeedMeters } from "../feed-meters.ts";
import { type FeedRun, runFeed } from "../feed-run.ts";
import type { FrameSink } from "../frame-recorder.ts";
import { loadFeed } from "../load-feed.ts";
import type { CountedEvent, FeedOrigin, FromWorker, SlowStatus, ToWorker, WorkerStart } from "./protocol.ts";
import { SharedCounters } from "./shared-counters.ts";

/*
 * The worker in which one feed is captured: sockets, subscriptions and the recorder of frames run here, the raw log does
 * not. All that this thread does to the rest of K2 is to send messages.
 */

class FeedWorker {
  readonly #port: MessagePort;
  readonly #start: WorkerStart;
  readonly #counters: SharedCounters;
  /** Batches under way to the log, by connection. */
  readonly #underWay = new Map<number, PromiseWithResolvers<void>>();
  readonly #told: SlowStatus[] = [];
  readonly #stop = new AbortController();
  #run: FeedRun | undefined;
  #willTell = false;

  constructor(port: MessagePort, start: WorkerStart) {
    this.#port = port;
    this.#start = start;
    this.#counters = new SharedCounters(start.counters);
  }

  async run(): Promise<void> {
    const { heartbeatEveryMs, feed: origin, ...options } = this.#start;
    const feed = await feedOf(origin);
    this.#port.on("message", (message: ToWorker) => this.#heard(message));
    this.#run = runFeed({
      ...options,
      feed,
      sink: this.#sink,
      clock: systemClock,
      random: systemRandom,
      logger: this.#logger({}),
      metrics: this.#meters(),
      onFailed: (error) => {
        const { connection, unflushedBytes, cause } = error;
        this.#send({ kind: "failed", connection, unflushedBytes, reason: describeError(cause) });
      },
      signal: this.#stop.signal,
    });
    this.#tell();
    this.#send({ kind: "ready" });
    const beat = setInterval(() => {
      this.#counters.beat();
      this.#tell();
    }, heartbeatEveryMs);
    await this.#run.ended.catch(() => {}); // Told by onFailed.
    clearInterval(beat);
    this.#tell();
    this.#send({ kind: "ended" });
  }

  readonly #sink: FrameSink = async (connection, records) => {
    this.#tell(); // First, so that the log's side knows of a socket before it has its frames.
    const durable = Promise.withResolvers<void>();
    this.#underWay.set(connection, durable);
    const message: FromWorker = { kind: "frames", connection, records };
    this.#port.postMessage(message, [records.bytes.buffer as ArrayBuffer, records.ends.buffer as ArrayBuffer]);
    await durable.promise;
  };

  #heard(message: ToWorker): void {
    switch (message.kind) {
      case "appended":
        this.#underWay.get(message.connection)?.resolve();
        this.#tellSoon();
        break;
      case "refused":
        this.#underWay.get(message.connection)?.reject(new Error(message.reason));
        this.#tellSoon();
        break;
      case "request":
        if (this.#run?.request(message.connection, message.epoch, message.frames) !== true)
          this.#logger({ connection: message.connection }).warn({}, "a request came too late for its socket");
        break;
      case "stop":
        this.#stop.abort();
        break;
    }
  }

  #send(message: FromWorker): void {
    this.#port.postMessage(message);
  }

  /** After what runs now: whatever changes a status is recorded or logged, and both come here. */
  #tellSoon(): void {
    if (this.#willTell) return;
    this.#willTell = true;
    setImmediate(() => {
      this.#willTell = false;
      this.#tell();
    });
  }

  #tell(): void {
    for (const [connection, status] of (this.#run?.status() ?? []).entries()) {
      this.#counters.write(connection, status);
      if (isSame(this.#told[connection], status)) continue;
      const slow = slowStatus(status);
      this.#told[connection] = slow;
      this.#send({ kind: "status", connection, status: slow });
    }
  }

  #logger(fields: Readonly<Record<string, unknown>>): Logger {
    const at =
      (level: "debug" | "info" | "warn" | "error") =>
      (own: Readonly<Record<string, unknown>>, text: string): void => {
        this.#send({ kind: "log", level, fields: { ...fields, ...own }, text });
        this.#tellSoon();
      };
    const child = (own: Readonly<Record<string, unknown>>): Logger => this.#logger({ ...fields, ...own });
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), child };
  }

  #meters(): FeedMeters {
    const count = ({ connection }: { readonly connection: string }, event: CountedEvent): void =>
      this.#send({ kind: "count", connection, event });
    return {
      watch: () => ({ [Symbol.dispose]() {} }), // The other side does, from the shared counters.
      reconnected: (labels, cause) => count(labels, { kind: "reconnected", cause }),
      connectFailed: (labels) => count(labels, { kind: "connectFailed" }),
      subscriptionRefused: (labels) => count(labels, { kind: "subscriptionRefused" }),
      paused: (labels) => count(labels, { kind: "paused" }),
      flushed: () => {}, // Measured where the log is.
    };
  }
}

async function feedOf(origin: FeedOrigin): Promise<Feed> {
  if ("id" in origin) return await loadFeed(origin.id);
  const exports = (await import(origin.module)) as Readonly<Record<string, Feed | undefined>>;
  const feed = exports[origin.name];
  if (feed === undefined) throw new Error(`${origin.module} exports no feed ${origin.name}`);
  return feed;
}

const SLOW: readonly (keyof SlowStatus)[] = [
  "state",
  "epoch",
  "url",
  "breaker",
  "failuresInRow",
  "reconnectsTotal",
  "lastError",
  "subscribedAtNs",
  "isPaused",
];

function isSame(told: SlowStatus | undefined, now: ConnectionStatus): boolean {
  return told !== undefined && SLOW.every((name) => told[name] === now[name]);
}

function slowStatus(status: ConnectionStatus): SlowStatus {
  const { state, epoch, url, breaker, failuresInRow, reconnectsTotal, lastError, subscribedAtNs, isPaused } = status;
  return { state, epoch, url, breaker, failuresInRow, reconnectsTotal, lastError, subscribedAtNs, isPaused };
}

if (parentPort !== null) await new FeedWorker(parentPort, workerData as WorkerStart).run();
