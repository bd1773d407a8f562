import { describe, expect, test } from "vitest";
import type { RecordBatch } from "../base/index.ts";
import { runFeed } from "./feed-run.ts";
import { settle, TestClock, until } from "./test-clock.ts";
import { KeptFrames, testFeed, testRunOptions } from "./test-feed.ts";
import { accept, TestVenue } from "./test-venue.ts";

const limits = testFeed().limits;

describe("the venue's age limit", () => {
  const aging = testFeed({ limits: { ...limits, connectionAgeMsMax: 10_000, silenceMsMax: 60_000 } });

  test("a successor takes over without a frame lost, and the old socket is closed as planned", async () => {
    await using venue = await TestVenue.open();
    const clock = new TestClock();
    const kept = new KeptFrames();
    const run = runFeed(testRunOptions({ url: venue.url, feed: aging, clock, sink: kept.sink }));
    await clock.advance(0);
    await until(() => run.status()[0]?.state === "live", "live");
    let sequence = 0;
    const publish = (): void => {
      sequence += 1;
      for (const socket of venue.sockets) if (socket.readyState === socket.OPEN) socket.send(`trade ${sequence}`);
    };
    const received = (epoch: number): readonly string[] =>
      kept.story().filter((line) => line.startsWith(`received ${epoch} trade`));
    for (let second = 0; second < 14; second += 1) {
      publish();
      await clock.advance(1_000);
      await settle();
      await until(() => kept.story().some((line) => line.endsWith(`trade ${sequence}`)), `trade ${sequence}`);
      if (venue.sockets.length === 2) await until(() => run.status()[0]?.epoch === 2, "the successor");
    }
    await until(() => kept.story().includes("closed 1 planned"), "the old one's end");
    await run[Symbol.asyncDispose]();

    const trades = new Set(kept.story().flatMap((line) => /received \d+ trade (\d+)/.exec(line)?.[1] ?? []));
    expect([...trades].map(Number).sort((one, other) => one - other)).toEqual(
      Array.from({ length: sequence }, (_, index) => index + 1),
    );
    const lifeOf = kept.story().filter((line) => /^(opened|closed)/.test(line));
    expect(lifeOf).toEqual(["opened 1", "opened 2 planned", "closed 1 planned", "closed 2 shutdown"]);
    const [lastOld, firstNew] = [received(1).at(-1), received(2)[0]].map((line) => Number(line?.split(" ").at(-1)));
    expect(lastOld).toBeGreaterThanOrEqual(firstNew ?? Number.POSITIVE_INFINITY); // Both delivered for a while.
    expect(venue.sockets.length).toBe(2);
  });

  test("while the log is behind, the change-over waits: no frame is lost that only the old socket has", async () => {
    await using venue = await TestVenue.open();
    const clock = new TestClock();
    const gate = Promise.withResolvers<void>();
    const kept = new KeptFrames();
    const sink = async (connection: number, records: RecordBatch): Promise<void> => {
      if (records.bytes.byteLength > 1_000) await gate.promise;
      await kept.sink(connection, records);
    };
    const settings = { unflushedBytesMax: 5_000 };
    const run = runFeed(testRunOptions({ url: venue.url, feed: aging, clock, sink, settings }));
    await clock.advance(0);
    await until(() => run.status()[0]?.state === "live", "live");
    const sendWhole = (text: string): Promise<void> =>
      new Promise((resolve) => venue.sockets[0]?.send(text, () => resolve()));
    await sendWhole("x".repeat(20_000));
    await until(() => run.status()[0]?.isPaused === true, "a pause");
    await sendWhole("only the old socket has this");
    await clock.advance(9_100);
    await until(() => venue.sockets.length === 2 && venue.requests.length === 2, "the successor's request");
    venue.sockets[1]?.send("first of the new");
    await clock.advance(60_000); // Longer than answers may take, the overlap, and the closing together.
    expect(run.status()[0]).toMatchObject({ state: "live", epoch: 2, framesTotal: 2, isPaused: true });
    gate.resolve();
    await until(() => run.status()[0]?.framesTotal === 5, "what waited in both");
    await clock.advance(1_900);
    expect(kept.details()).toEqual([]);
    await clock.advance(200);
    await until(() => kept.story().includes("closed 1 planned"), "the old one's end");
    await run[Symbol.asyncDispose]();
    expect(kept.story()).toEqual(
      expect.arrayContaining(["received 1 only the old socket has this", "received 2 first of the new"]),
    );
  });

  test("the overlap is time in which we read: a pause of ours does not use it up", async () => {
    await using venue = await TestVenue.open();
    const clock = new TestClock();
    const gate = Promise.withResolvers<void>();
    const kept = new KeptFrames();
    const sink = async (connection: number, records: RecordBatch): Promise<void> => {
      if (records.bytes.byteLength > 1_000) await gate.promise;
      await kept.sink(connection, records);
    };
    const settings = { unflushedBytesMax: 5_000 };
    const run = runFeed(testRunOptions({ url: venue.url, feed: aging, clock, sink, settings }));
    await clock.advance(0);
    await until(() => run.status()[0]?.state === "live", "live");
    await clock.advance(9_000);
    await until(() => run.status()[0]?.epoch === 2 && run.status()[0]?.state === "live", "the successor");
    await until(() => kept.story().includes('received 2 {"ok":"A"}'), "its answer");
    venue.sockets[0]?.send("x".repeat(20_000));
    await until(() => run.status()[0]?.isPaused === true, "a pause");
    await clock.advance(60_000);
    gate.resolve();
    await until(() => run.status()[0]?.isPaused === false, "relief");
    await clock.advance(1_900);
    expect(kept.details()).toEqual([]);
    await clock.advance(200);
    await until(() => kept.story().includes("closed 1 planned"), "the old one's end");
    await run[Symbol.asyncDispose]();
  });

  test("a successor on its way takes the place of an old socket that ends before it is live", async () => {
    const answers: (() => void)[] = [];
    await using venue = await TestVenue.open({
      onRequest: (socket, request, number) => {
        if (number === 1) accept(socket, request);
        else answers.push(() => accept(socket, request));
      },
    });
    const clock = new TestClock();
    const kept = new KeptFrames();
    const run = runFeed(testRunOptions({ url: venue.url, feed: aging, clock, sink: kept.sink }));
    await clock.advance(0);
    await until(() => run.status()[0]?.state === "live", "live");
    await clock.advance(9_000);
    await until(() => venue.requests.length === 2, "the successor's request");
    venue.sockets[0]?.terminate();
    await until(() => kept.details().length === 1, "the end of the old one");
    expect(run.status()[0]).toMatchObject({ epoch: 2, reconnectsTotal: 1, state: "subscribing" });
    for (const answer of answers) answer();
    await until(() => run.status()[0]?.state === "live", "the successor");
    await clock.advance(5_000);
    expect(venue.attempts).toBe(2);
    await run[Symbol.asyncDispose]();
    expect(kept.story().filter((line) => /^(opened|closed)/.test(line))).toEqual([
      "opened 1",
      "opened 2 planned",
      "closed 1 error",
      "closed 2 shutdown",
    ]);
  });

  test("while no successor can be opened the old socket goes on; when it ends, the next try is not planned", async () => {
    await using venue = await TestVenue.open({
      refuse: (attempt) => (attempt === 2 || attempt === 3 ? "503 Service Unavailable" : undefined),
    });
    const clock = new TestClock();
    const kept = new KeptFrames();
    const settings = { refusedMsMin: 0, retryFirstMs: 1_000 };
    const run = runFeed(testRunOptions({ url: venue.url, feed: aging, clock, sink: kept.sink, settings }));
    await clock.advance(0);
    await until(() => run.status()[0]?.state === "live", "live");
    await clock.advance(9_000);
    await until(() => venue.attempts === 2 && run.status()[0]?.lastError !== undefined, "the first refusal");
    expect(run.status()[0]).toMatchObject({ state: "live", epoch: 1 });
    venue.sockets[0]?.send("still here");
    await until(() => kept.story().includes("received 1 still here"), "a frame");
    venue.sockets[0]?.close(1000);
    await until(() => run.status()[0]?.state !== "live", "the end of the old one");
    while (venue.attempts < 4) await clock.advance(100);
    await until(() => run.status()[0]?.state === "live", "the fourth try");
    await clock.advance(5_000);
    expect(venue.attempts).toBe(4); // The successor took the place: no second one beside it.
    await run[Symbol.asyncDispose]();
    expect(kept.story().filter((line) => /^(opened|closed)/.test(line))).toEqual([
      "opened 1",
      "closed 1 remote",
      "opened 2",
      "closed 2 shutdown",
    ]);
  });
});
