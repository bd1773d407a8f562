import fc from "fast-check";
import { expect, test } from "vitest";
import { type RecordBatch, seededRandom } from "../base/index.ts";
import { runFeed } from "./feed-run.ts";
import type { OpenSocket, SocketEnd, SocketHandlers } from "./socket.ts";
import { TestClock } from "./test-clock.ts";
import { KeptFrames, testFeed, testRunOptions } from "./test-feed.ts";

/** What the venue does with one socket: each step some milliseconds after the one before. */
interface SocketPlan {
  readonly opening: "accepts" | "refuses" | "fails" | "hangs";
  readonly answers: "accepts" | "refuses" | "ignores";
  readonly answersClose: boolean;
  readonly steps: readonly { readonly afterMs: number; readonly kind: "frame" | "burst" | "ping" | "close" | "lose" }[];
}

const socketPlan: fc.Arbitrary<SocketPlan> = fc.record({
  opening: fc.constantFrom("accepts", "accepts", "accepts", "accepts", "refuses", "fails", "hangs"),
  answers: fc.constantFrom("accepts", "accepts", "refuses", "ignores"),
  answersClose: fc.boolean(),
  steps: fc.array(
    fc.record({
      afterMs: fc.constantFrom(0, 1, 100, 1_000, 4_000),
      kind: fc.constantFrom("frame", "frame", "frame", "burst", "ping", "close", "lose"),
    }),
    { maxLength: 15 },
  ),
});

/** A network that follows plans, one a socket, then refuses. Counts what it delivered while it was read. */
class PlannedNetwork {
  readonly delivered: string[] = [];
  open = 0;
  #sockets = 0;
  readonly #clock: TestClock;
  readonly #plans: readonly SocketPlan[];

  constructor(clock: TestClock, socketPlans: readonly SocketPlan[]) {
    this.#clock = clock;
    this.#plans = socketPlans;
  }

  readonly openSocket: OpenSocket = (_url, handlers) => {
    const plan = this.#plans[this.#sockets];
    this.#sockets += 1;
    const socket = new PlannedSocket(handlers, plan, this.delivered, this.#sockets);
    this.open += 1;
    void socket.live(this.#clock).then(() => {
      this.open -= 1;
    });
    return socket;
  };
}

class PlannedSocket {
  readonly #handlers: SocketHandlers;
  readonly #plan: SocketPlan | undefined;
  readonly #delivered: string[];
  readonly #number: number;
  readonly #over: AbortController = new AbortController();
  #isPaused = false;
  /** What arrived while the client did not read, and its end. */
  readonly #held: string[] = [];
  #sequence = 0;

  constructor(handlers: SocketHandlers, plan: SocketPlan | undefined, delivered: string[], number: number) {
    this.#handlers = handlers;
    this.#plan = plan;
    this.#delivered = delivered;
    this.#number = number;
  }

  /** Acts out the plan, and tells the end exactly once. */
  async live(clock: TestClock): Promise<void> {
    const end = await this.#act(clock).catch((): SocketEnd => ({ kind: "broken", detail: "ended by the client" }));
    this.resume(); // A socket that ends delivers what it had read.
    this.#handlers.ended(end);
  }

  async #act(clock: TestClock): Promise<SocketEnd> {
    const { signal } = this.#over;
    const wait = (ms: number): Promise<void> => clock.sleep(ms, { signal });
    await wait(1);
    const opening = this.#plan?.opening ?? "refuses";
    if (opening === "refuses") return { kind: "refused", status: 503, retryAfter: undefined, detail: "503" };
    if (opening === "fails") return { kind: "unreachable", detail: "no route" };
    if (opening === "hangs") await wait(1e9);
    this.#handlers.opened();
    for (const { afterMs, kind } of this.#plan?.steps ?? []) {
      await wait(afterMs);
      if (kind === "close") return { kind: "closed", code: 1001, detail: "bye" };
      if (kind === "lose") return { kind: "broken", detail: "lost" };
      this.#step(kind);
    }
    await wait(1e9); // Open and silent.
    return { kind: "broken", detail: "never" };
  }

  #step(kind: "frame" | "burst" | "ping"): void {
    if (kind === "ping") this.#handlers.heard();
    else for (let count = kind === "burst" ? 30 : 1; count > 0; count -= 1) this.#deliver();
  }

  #deliver(text?: string): void {
    this.#sequence += 1;
    this.#held.push(text ?? `${this.#number}:${this.#sequence}:${"x".repeat(50)}`);
    if (!this.#isPaused) this.resume();
  }

  send(frame: string): void {
    const symbol = /"subscribe":"(.+)"/.exec(frame)?.[1];
    if (symbol === undefined || this.#plan?.answers === "ignores") return;
    this.#deliver(`{"${this.#plan?.answers === "refuses" ? "no" : "ok"}":"${symbol}","socket":${this.#number}}`);
  }
  pause(): void {
    this.#isPaused = true;
  }
  resume(): void {
    this.#isPaused = false;
    while (this.#held.length > 0 && !this.#isPaused) {
      const frame = this.#held.shift() ?? "";
      this.#delivered.push(frame);
      this.#handlers.frame(new TextEncoder().encode(frame), true);
    }
  }
  close(): void {
    if (this.#plan?.answersClose) this.#over.abort();
  }
  terminate(): void {
    this.#over.abort();
  }
}

/** The rules of a connection's records: see docs/feeds.md. */
function checkStory(story: readonly string[]): void {
  const open = new Map<number, "open" | "closed">();
  let newest = 0;
  for (const line of story) {
    const [kind = "", epochText] = line.split(" ");
    const epoch = Number(epochText);
    if (kind === "opened") {
      expect(epoch).toBe(newest + 1);
      newest = epoch;
      const others = [...open.values()].filter((state) => state === "open").length;
      expect(others).toBeLessThanOrEqual(2); // One that counts, and one that drains.
      if (line.endsWith("planned")) expect(others).toBeGreaterThan(0);
      open.set(epoch, "open");
    } else {
      expect(open.get(epoch), line).toBe("open");
      if (kind === "closed") open.set(epoch, "closed");
    }
  }
  expect([...open.values()].every((state) => state === "closed")).toBe(true);
}

/** Moves the clock no further than it takes. */
async function advanceUntil<T>(clock: TestClock, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const end = promise.finally(() => {
    isOver = true;
  });
  for (let step = 0; !isOver && step < 10_000; step += 1) await clock.advance(10);
  return end;
}

test("whatever the venue does, every delivered frame is recorded once, in order, within its epoch's opened and closed", async () => {
  const seenCauses = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(socketPlan, { minLength: 1, maxLength: 8 }),
      fc.nat({ max: 120_000 }),
      fc.integer({ min: 0, max: 50 }),
      fc.nat(),
      async (socketPlans, stopAfterMs, sinkMs, seed) => {
        const clock = new TestClock();
        const network = new PlannedNetwork(clock, socketPlans);
        const kept = new KeptFrames();
        const sink = async (connection: number, records: RecordBatch): Promise<void> => {
          await clock.sleep(sinkMs);
          await kept.sink(connection, records);
        };
        const feed = testFeed({
          limits: { symbolsPerConnectionMax: 5, sendsPerSecondMax: 11, silenceMsMax: 8_000, connectionAgeMsMax: 9_000 },
          ping: { everyMs: 3_000, frame: () => "ping" },
        });
        const controller = new AbortController();
        const run = runFeed({
          ...testRunOptions({ feed, rawSymbols: ["A", "B"], clock, sink, random: seededRandom(seed) }),
          openSocket: network.openSocket,
          signal: controller.signal,
          settings: { unflushedBytesMax: 1_000, batchBytesMax: 300, refusedMsMin: 0 },
        });
        await clock.advance(stopAfterMs);
        controller.abort();
        await advanceUntil(clock, run.ended);
        expect([network.open, clock.waiting]).toEqual([0, 0]);

        const story = kept.story();
        checkStory(story);
        const received = story
          .filter((line) => line.startsWith("received"))
          .map((line) => line.replace(/^received \d+ /, ""));
        expect(received).toEqual(network.delivered);
        expect(run.status()[0]).toMatchObject({ state: "stopped", unflushedBytes: 0, framesTotal: received.length });
        for (const line of story) if (line.startsWith("closed")) seenCauses.add(line.split(" ")[2] ?? "");
      },
    ),
    { numRuns: 500 },
  );
  // The runs met every kind of end, so that the rules were put to the test by each.
  expect([...seenCauses].sort()).toEqual(["error", "planned", "remote", "shutdown", "stale"]);
});

test("whatever the venue does, a sink that rejects leaves a true beginning in the log and nothing running", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(socketPlan, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 50 }),
      async (socketPlans, batchesMax, sinkMs) => {
        const clock = new TestClock();
        const network = new PlannedNetwork(clock, socketPlans);
        const kept = new KeptFrames();
        const sink = async (connection: number, records: RecordBatch): Promise<void> => {
          await clock.sleep(sinkMs);
          if (kept.batches.length === batchesMax) throw new Error("disk full");
          await kept.sink(connection, records);
        };
        const controller = new AbortController();
        const run = runFeed({
          ...testRunOptions({ rawSymbols: ["A", "B"], clock, sink, settings: { batchBytesMax: 300 } }),
          openSocket: network.openSocket,
          signal: controller.signal,
        });
        await clock.advance(60_000);
        const isFailed = run.status()[0]?.state === "stopped";
        controller.abort();
        const ended = run.ended.then(
          () => "recorded",
          () => "failed",
        );
        const outcome = await advanceUntil(clock, ended);
        expect(kept.batches.length).toBeLessThanOrEqual(batchesMax);
        if (isFailed) expect(outcome).toBe("failed");
        const received = kept.story().flatMap((line) => /^received \d+ (.*)/.exec(line)?.[1] ?? []);
        expect(received).toEqual(network.delivered.slice(0, received.length));
        expect([network.open, clock.waiting]).toEqual([0, 0]);
      },
    ),
    { numRuns: 200 },
  );
});
