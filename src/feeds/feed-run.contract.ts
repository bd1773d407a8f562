import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { InvalidInputError, type RecordBatch } from "../base/index.ts";
import type { FeedRun, FeedRunOptions } from "./feed-run.ts";
import { until as untilWithin } from "./test-clock.ts";
import { KeptFrames, keepLines } from "./test-feed.ts";
import { accept, TestVenue } from "./test-venue.ts";

/** Feeds of the contract: see isolation/test-feeds.ts. */
export type ContractFeed = "plain" | "twoEach" | "oneEach";
/** What a test says; the rest is the adapter's. `exposed` prints the metrics. */
export type Start = (
  feed: ContractFeed,
  options: Partial<Omit<FeedRunOptions, "feed">>,
) => { readonly run: FeedRun; exposed(): Promise<string> };

/** A worker loads its modules first. */
const until = (isTrue: () => boolean, what: string): Promise<void> => untilWithin(isTrue, what, { seconds: 25 });

/** What capturing a feed does, in this thread or in a worker of its own. */
export function describeFeedRun(name: string, start: Start): void {
  test(`${name}: every frame is recorded in order, byte for byte, between opened and closed`, async () => {
    const payloads = [Buffer.from('{"price":"0.10"}'), randomBytes(70_000), Buffer.alloc(0), randomBytes(3)];
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => {
        accept(socket, request);
        for (const [index, payload] of payloads.entries()) socket.send(payload, { binary: index > 0 });
      },
    });
    const kept = new KeptFrames();
    const { run } = start("plain", { url: venue.url, sink: kept.sink, source: "replay" });
    await using _run = run;
    await until(() => run.status()[0]?.framesTotal === 5 && run.status()[0]?.state === "live", "five frames");
    expect(run.status()[0]).toMatchObject({
      ...{ feed: "test", venue: "testvenue", connection: "test/0", state: "live", epoch: 1, symbols: ["A"] },
      ...{ bytesTotal: '{"ok":"A"}'.length + 16 + 70_000 + 3, reconnectsTotal: 0, lastError: undefined },
    });
    await run[Symbol.asyncDispose]();
    const frames = kept.frames();
    expect(frames.map(({ kind }) => kind)).toEqual(["opened", "sent", ...Array(5).fill("received"), "closed"]);
    expect(frames.slice(3, 7).map(({ payload }) => Buffer.from(payload))).toEqual(payloads);
    expect(new Set(frames.map((frame) => `${frame.feed} ${frame.connection} ${frame.epoch} ${frame.source}`))).toEqual(
      new Set(["test test/0 1 replay"]),
    );
  });

  test(`${name}: epochs go on from the log, symbols beyond a connection's limit are recorded apart`, async () => {
    await using venue = await TestVenue.open();
    const kept = new KeptFrames();
    const { run } = start("twoEach", {
      ...{ url: venue.url, rawSymbols: ["A", "B", "C"], sink: kept.sink, settings: { startSpacingMs: 1 } },
      lastEpochs: new Map([["test/1", 41]]),
    });
    await using _run = run;
    expect(run.status().map(({ epoch }) => epoch)).toEqual([0, 41]);
    await until(() => run.status().every(({ state }) => state === "live"), "both live");
    await run[Symbol.asyncDispose]();
    expect([kept.story(0)[0], kept.story(0).at(-1)]).toEqual(["opened 1", "closed 1 shutdown"]);
    expect(kept.story(1).filter((line) => !line.startsWith("sent"))).toEqual([
      "opened 42",
      'received 42 {"ok":"B"}',
      'received 42 {"ok":"C"}',
      "closed 42 shutdown",
    ]);
    expect(run.status().map(({ connection, symbols, state }) => [connection, symbols, state])).toEqual([
      ["test/0", ["A"], "stopped"],
      ["test/1", ["B", "C"], "stopped"],
    ]);
  });

  test(`${name}: a socket that ends is replaced, counted and told`, async () => {
    await using venue = await TestVenue.open({
      onSocket: (socket, number) => void (number === 1 && socket.once("message", () => socket.close(1012, "restart"))),
    });
    const kept = new KeptFrames();
    const { run, exposed } = start("plain", { url: venue.url, sink: kept.sink, settings: { retryFirstMs: 1 } });
    await using _run = run;
    await until(() => run.status()[0]?.state === "live" && run.status()[0]?.epoch === 2, "the second socket");
    expect(run.status()[0]).toMatchObject({ reconnectsTotal: 1, lastError: expect.stringContaining("1012") });
    expect(kept.story()).toContain("closed 1 remote");
    expect(await exposed()).toContain('k2_feed_reconnects_total{feed="test",connection="test/0",cause="remote"} 1');
    await run[Symbol.asyncDispose]();
  });

  test(`${name}: a refused subscription is told, and the others go on`, async () => {
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => (request.includes('"B"') ? socket.send('{"no":"B"}') : accept(socket, request)),
    });
    const { logger, lines } = keepLines();
    const { run, exposed } = start("plain", { url: venue.url, rawSymbols: ["A", "B"], logger });
    await using _run = run;
    await until(() => run.status()[0]?.state === "live", "live");
    expect(run.status()[0]?.lastError).toBe('Subscription refused: {"no":"B"}');
    expect(lines).toEqual(["the venue refused a subscription; the others go on"]);
    expect(await exposed()).toContain('k2_feed_subscriptions_refused_total{feed="test",connection="test/0"} 1');
    await run[Symbol.asyncDispose]();
  });

  test(`${name}: requests are sent on the live socket they name, and on no other`, async () => {
    await using venue = await TestVenue.open();
    const kept = new KeptFrames();
    const { run } = start("plain", { url: venue.url, sink: kept.sink });
    await using _run = run;
    expect(run.request("test/0", 1, ["too early"])).toBe(false);
    await until(() => run.status()[0]?.state === "live", "live");
    expect([run.request("test/0", 2, ["a later one"]), run.request("test/1", 1, ["another"])]).toEqual([false, false]);
    expect(run.request("test/0", 1, ["end it", "begin it"])).toBe(true);
    await until(() => venue.requests.length === 3, "both requests");
    expect(venue.requests).toEqual(['{"subscribe":"A"}', "end it", "begin it"]);
    await run[Symbol.asyncDispose]();
    expect(kept.story().filter((line) => line.startsWith("sent"))).toEqual([
      'sent 1 {"subscribe":"A"}',
      "sent 1 end it",
      "sent 1 begin it",
    ]);
  });

  test(`${name}: a slow sink pauses the socket; nothing is lost and the venue is slowed`, async () => {
    const count = 1_500;
    let sent = 0;
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => {
        accept(socket, request);
        const pump = (): void => {
          for (; sent < count && socket.bufferedAmount < 100_000; sent += 1)
            socket.send(`${sent} ${"x".repeat(10_000)}`);
          if (sent < count) setImmediate(pump);
        };
        pump();
      },
    });
    const kept = new KeptFrames();
    const gate = Promise.withResolvers<void>();
    let unflushedMax = 0;
    const sink = async (connection: number, records: RecordBatch): Promise<void> => {
      await gate.promise;
      unflushedMax = Math.max(unflushedMax, run.status()[0]?.unflushedBytes ?? 0);
      await kept.sink(connection, records);
    };
    const settings = { unflushedBytesMax: 1_000_000, batchBytesMax: 200_000 };
    const { run, exposed } = start("plain", { url: venue.url, sink, settings });
    await using _run = run;
    await until(() => run.status()[0]?.isPaused === true, "a pause");
    expect(sent).toBeLessThan(count);
    gate.resolve();
    await until(() => run.status()[0]?.framesTotal === count + 1, "all frames");
    await until(() => run.status()[0]?.unflushedBytes === 0, "all durable");
    await run[Symbol.asyncDispose]();
    const told = kept.story().flatMap((line) => /^received 1 (\d+) x/.exec(line)?.[1] ?? []);
    expect(told.map(Number)).toEqual(Array.from({ length: count }, (_, index) => index));
    expect(unflushedMax).toBeLessThan(1_300_000);
    expect(await exposed()).toMatch(/k2_feed_pauses_total\{feed="test",connection="test\/0"\} [1-9]/);
  });

  test(`${name}: a sink that rejects stops its connection, is told once, and acknowledges nothing`, async () => {
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => {
        accept(socket, request);
        for (let index = 0; index < 100; index += 1) socket.send(String(index));
      },
    });
    const kept = new KeptFrames();
    const sink = async (connection: number, records: RecordBatch): Promise<void> => {
      if (connection === 0 && kept.frames(0).length > 0) throw new Error("no space left");
      await kept.sink(connection, records);
    };
    const failures: string[] = [];
    const controller = new AbortController();
    const { run } = start("oneEach", {
      ...{ url: venue.url, rawSymbols: ["A", "B"], sink, settings: { startSpacingMs: 0 }, signal: controller.signal },
      onFailed: (error) => void failures.push(`${error.connection} ${error.code}`),
    });
    await until(() => failures.length > 0 && kept.frames(1).length > 100, "the failure, and the other's frames");
    expect(failures).toEqual(["test/0 K2_FRAMES_NOT_RECORDED"]);
    await until(() => run.status()[0]?.state === "stopped", "the first has stopped");
    expect(run.status().map(({ state }) => state)).toEqual(["stopped", "live"]);
    expect(run.status()[0]?.lastError).toMatch(/no space left.*start the feed anew/);
    expect(kept.frames(0).some(({ kind }) => kind === "closed")).toBe(false);
    controller.abort();
    await expect(run.ended).rejects.toThrow(/Cannot record the frames of test\/0: .*no space left/);
    expect(kept.story(1).at(-1)).toBe("closed 1 shutdown");
  });

  test(`${name}: stopped in the middle of a burst, every frame that was received is in the log, then the end`, async () => {
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => {
        accept(socket, request);
        let sequence = 0;
        const pump = (): void => {
          for (let count = 0; count < 500 && socket.readyState === socket.OPEN; count += 1) {
            sequence += 1;
            socket.send(`trade ${sequence}`);
          }
          if (socket.readyState === socket.OPEN) setImmediate(pump);
        };
        pump();
      },
    });
    const kept = new KeptFrames();
    const controller = new AbortController();
    const sink = async (connection: number, records: RecordBatch): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await kept.sink(connection, records);
    };
    const { run } = start("plain", { url: venue.url, sink, signal: controller.signal });
    await until(() => (run.status()[0]?.framesTotal ?? 0) > 5_000, "a burst");
    controller.abort();
    await run.ended;
    const story = kept.story();
    const trades = story.flatMap((line) => /^received 1 trade (\d+)/.exec(line)?.[1] ?? []).map(Number);
    expect(trades.every((sequence, index) => sequence === index + 1)).toBe(true);
    expect(trades.length).toBe((run.status()[0]?.framesTotal ?? 0) - 1);
    expect(story.at(-1)).toBe("closed 1 shutdown");
    expect(run.status()[0]).toMatchObject({ state: "stopped", unflushedBytes: 0 });
  });

  test(`${name}: stopped before it began, it ends at once`, async () => {
    const { run } = start("plain", { signal: AbortSignal.abort() });
    await run.ended;
    await run[Symbol.asyncDispose]();
    expect(run.status()[0]?.state).toBe("stopped");
  });

  test(`${name}: what cannot be run is refused before anything starts`, () => {
    expect(() => start("plain", { url: "https://example.org" })).toThrow(InvalidInputError);
    expect(() => start("plain", { channels: ["ticker"] })).toThrow(/has no channel ticker/);
    expect(() => start("plain", { rawSymbols: [] })).toThrow(/no symbol is named/);
  });
}
