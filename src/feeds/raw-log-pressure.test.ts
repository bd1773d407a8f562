import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { type RecordBatch, systemClock } from "../base/index.ts";
import { runFeed } from "./feed-run.ts";
import { TestClock, until } from "./test-clock.ts";
import { KeptFrames, keepLines, testFeed, testRunOptions } from "./test-feed.ts";
import { accept, TestVenue } from "./test-venue.ts";

const limits = testFeed().limits;

describe("the raw log", () => {
  test("a slow sink pauses the socket; nothing is lost and the venue is slowed", async () => {
    const count = 3_000;
    const frame = (index: number): string => `${index} ${"x".repeat(10_000)}`;
    let sent = 0;
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => {
        accept(socket, request);
        const pump = (): void => {
          while (sent < count && socket.bufferedAmount < 100_000) {
            socket.send(frame(sent));
            sent += 1;
          }
          if (sent < count) setImmediate(pump);
        };
        pump();
      },
    });
    const kept = new KeptFrames();
    const gate = Promise.withResolvers<void>();
    let unflushedMax = 0;
    const { logger, lines } = keepLines();
    const sink = async (connection: number, records: RecordBatch): Promise<void> => {
      await gate.promise;
      unflushedMax = Math.max(unflushedMax, run.status()[0]?.unflushedBytes ?? 0);
      await kept.sink(connection, records);
    };
    const settings = { unflushedBytesMax: 1_000_000, batchBytesMax: 200_000 };
    const options = testRunOptions({ url: venue.url, sink, settings, logger });
    const run = runFeed({ ...options, clock: systemClock });
    await until(() => run.status()[0]?.isPaused === true, "a pause");
    const framesAtPause = run.status()[0]?.framesTotal ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect((run.status()[0]?.framesTotal ?? 0) - framesAtPause).toBeLessThan(20); // What the socket had read already.
    expect(sent).toBeLessThan(count);
    gate.resolve();
    await until(() => run.status()[0]?.framesTotal === count + 1, "all frames");
    await run[Symbol.asyncDispose]();
    expect(
      kept
        .frames()
        .filter(({ kind }) => kind === "received")
        .slice(1)
        .map(({ payload }) => Buffer.from(payload).toString()),
    ).toEqual(Array.from({ length: count }, (_, index) => frame(index)));
    expect(unflushedMax).toBeLessThan(1_300_000);
    expect(lines[0]).toMatch(/cannot keep up/);
    expect(await options.prometheus.expose()).toMatch(/k2_feed_pauses_total\{feed="test",connection="test\/0"\} [1-9]/);
  });

  test("a silence of our own making is not a dead connection", async () => {
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => {
        accept(socket, request);
        for (let index = 0; index < 20; index += 1) socket.send("x".repeat(1_000));
      },
    });
    const gate = Promise.withResolvers<void>();
    const clock = new TestClock();
    const kept = new KeptFrames();
    const sink = (connection: number, records: RecordBatch): Promise<void> =>
      gate.promise.then(() => kept.sink(connection, records));
    const feed = testFeed({ limits: { ...limits, silenceMsMax: 1_000 } });
    const run = runFeed(testRunOptions({ url: venue.url, feed, sink, clock, settings: { unflushedBytesMax: 5_000 } }));
    await clock.advance(0);
    await until(() => run.status()[0]?.isPaused === true, "a pause");
    await clock.advance(5_000);
    expect(run.status()[0]?.reconnectsTotal).toBe(0);
    gate.resolve();
    await until(() => run.status()[0]?.isPaused === false, "relief");
    await clock.advance(900);
    expect(run.status()[0]?.state).toBe("live");
    await clock.advance(1_200);
    await until(() => kept.story().some((line) => line === "closed 1 stale"), "stale in the end");
    await run[Symbol.asyncDispose]();
  });

  test("a sink that rejects stops its connection, is told once and clearly, and acknowledges nothing", async () => {
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => {
        accept(socket, request);
        for (let index = 0; index < 100; index += 1) socket.send(String(index));
      },
    });
    const feed = testFeed({ limits: { ...limits, symbolsPerConnectionMax: 1 } });
    const kept = new KeptFrames();
    const sink = async (connection: number, records: RecordBatch): Promise<void> => {
      if (connection === 0 && kept.frames(0).length > 0) throw new Error("no space left");
      await kept.sink(connection, records);
    };
    const failures: string[] = [];
    const options = testRunOptions({
      url: venue.url,
      feed,
      rawSymbols: ["A", "B"],
      sink,
      settings: { startSpacingMs: 0 },
    });
    const controller = new AbortController();
    const run = runFeed({
      ...options,
      clock: systemClock,
      signal: controller.signal,
      onFailed: (error) => void failures.push(`${error.connection} ${error.code}`),
    });
    await until(
      () => failures.length > 0 && kept.frames(1).length > 100,
      "the failure, and the other connection's frames",
    );
    expect(failures).toEqual(["test/0 K2_FRAMES_NOT_RECORDED"]);
    expect(run.status().map(({ state }) => state)).toEqual(["stopped", "live"]);
    expect(run.status()[0]?.lastError).toMatch(/no space left.*start the feed anew/);
    expect(kept.frames(0).some(({ kind }) => kind === "closed")).toBe(false);
    const attempts = venue.attempts;
    controller.abort();
    await expect(run.ended).rejects.toThrow(/Cannot record the frames of test\/0: no space left/);
    expect(venue.attempts).toBe(attempts);
    expect(kept.story(1).at(-1)).toBe("closed 1 shutdown");
  });

  test("a frame that cannot even be written down fails the connection, with nothing left running", async () => {
    await using venue = await TestVenue.open();
    const clock = new TestClock();
    clock.nowNs = () => {
      throw new Error("no clock");
    };
    const run = runFeed(testRunOptions({ url: venue.url, clock }));
    const outcome = expect(run.ended).rejects.toThrow(/Cannot record the frames of test\/0: no clock/);
    await clock.advance(0);
    await outcome;
    expect([venue.requests, clock.waiting]).toEqual([[], 0]);
  });

  test("a run that can record nothing any more ends by itself", async () => {
    await using venue = await TestVenue.open();
    const { signal } = new AbortController();
    const options = testRunOptions({ url: venue.url, signal, sink: () => Promise.reject(new Error("log closed")) });
    const run = runFeed({ ...options, clock: systemClock });
    await expect(run.ended).rejects.toMatchObject({ code: "K2_FRAMES_NOT_RECORDED" });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
