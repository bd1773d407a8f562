import { randomBytes } from "node:crypto";
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { InvalidInputError, type Logger, type RecordBatch, systemClock } from "../base/index.ts";
import { runFeed } from "./feed-run.ts";
import { settle, TestClock, until } from "./test-clock.ts";
import { KeptFrames, testFeed, testRunOptions } from "./test-feed.ts";
import { accept, DeafVenue, TestVenue } from "./test-venue.ts";

const limits = testFeed().limits;

/** A logger that keeps its lines of one level and above. */
function keepLines(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (_fields: unknown, message: string): void => void lines.push(message);
  const logger: Logger = { debug: () => {}, info: () => {}, warn: keep, error: keep, child: () => logger };
  return { logger, lines };
}

describe("recording", () => {
  test("every frame is recorded in order, byte for byte, between opened and closed", async () => {
    const payloads = [Buffer.from('{"price":"0.10"}'), randomBytes(70_000), Buffer.alloc(0), randomBytes(3)];
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => {
        accept(socket, request);
        for (const [index, payload] of payloads.entries()) socket.send(payload, { binary: index > 0 });
      },
    });
    const kept = new KeptFrames();
    const clock = new TestClock();
    await using run = runFeed(testRunOptions({ url: venue.url, sink: kept.sink, clock, source: "replay" }));
    await clock.advance(0);
    await until(() => run.status()[0]?.framesTotal === 5, "five frames");
    expect(run.status()[0]).toMatchObject({
      feed: "test",
      venue: "testvenue",
      connection: "test/0",
      state: "live",
      epoch: 1,
      symbols: ["A"],
      lastFrameAtNs: TestClock.startNs,
      subscribedAtNs: TestClock.startNs,
      bytesTotal: '{"ok":"A"}'.length + 16 + 70_000 + 3,
      reconnectsTotal: 0,
      lastError: undefined,
    });
    await run[Symbol.asyncDispose]();

    const frames = kept.frames();
    expect(frames.map(({ kind }) => kind)).toEqual(["opened", "sent", ...Array(5).fill("received"), "closed"]);
    expect(frames.slice(3, 7).map(({ payload }) => Buffer.from(payload))).toEqual(payloads);
    expect(new Set(frames.map((frame) => `${frame.feed} ${frame.connection} ${frame.epoch} ${frame.source}`))).toEqual(
      new Set(["test test/0 1 replay"]),
    );
    expect(JSON.parse(new TextDecoder().decode(frames[0]?.payload))).toEqual({
      url: venue.url,
      symbols: ["A"],
      planned: false,
    });
    expect(clock.waiting).toBe(0);
  });

  test("text that is not UTF-8 is recorded like any other", async () => {
    const wrong = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    await using venue = await TestVenue.open({ onRequest: (socket) => socket.send(wrong, { binary: false }) });
    const kept = new KeptFrames();
    await using run = runFeed({ ...testRunOptions({ url: venue.url, sink: kept.sink }), clock: systemClock });
    await until(() => kept.frames().length === 3, "the frame");
    expect(Buffer.from(kept.frames()[2]?.payload ?? [])).toEqual(wrong);
    await run[Symbol.asyncDispose]();
  });

  test("epochs go on from the last one in the log", async () => {
    await using venue = await TestVenue.open();
    const kept = new KeptFrames();
    const lastEpochs = new Map([["test/0", 41]]);
    await using run = runFeed({
      ...testRunOptions({ url: venue.url, sink: kept.sink, lastEpochs }),
      clock: systemClock,
    });
    expect(run.status()[0]?.epoch).toBe(41);
    await until(() => run.status()[0]?.state === "live", "live");
    await run[Symbol.asyncDispose]();
    expect(kept.story()[0]).toBe("opened 42");
  });

  test("symbols beyond a connection's limit get another connection, recorded apart", async () => {
    await using venue = await TestVenue.open();
    const kept = new KeptFrames();
    const feed = testFeed({ limits: { ...limits, symbolsPerConnectionMax: 2 } });
    const options = testRunOptions({
      url: venue.url,
      feed,
      rawSymbols: ["A", "B", "C"],
      sink: kept.sink,
      settings: { startSpacingMs: 1 },
    });
    await using run = runFeed({ ...options, clock: systemClock });
    await until(() => run.status().every(({ state }) => state === "live"), "both live");
    await run[Symbol.asyncDispose]();
    expect(kept.story(0)).toEqual([
      "opened 1",
      'sent 1 {"subscribe":"A"}',
      'received 1 {"ok":"A"}',
      "closed 1 shutdown",
    ]);
    expect(kept.story(1).filter((line) => line.startsWith("received"))).toEqual([
      'received 1 {"ok":"B"}',
      'received 1 {"ok":"C"}',
    ]);
    expect(run.status().map(({ connection, symbols, state }) => [connection, symbols, state])).toEqual([
      ["test/0", ["A"], "stopped"],
      ["test/1", ["B", "C"], "stopped"],
    ]);
  });

  test("compressed frames are recorded as what they say, when compression is asked for and offered", async () => {
    const { WebSocketServer } = await import("ws");
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: { threshold: 0 } });
    const text = "x".repeat(5_000);
    let extensions = "";
    server.on("connection", (socket) => {
      extensions = socket.extensions;
      socket.send(text);
    });
    await new Promise((resolve) => server.once("listening", resolve));
    const kept = new KeptFrames();
    const url = `ws://127.0.0.1:${(server.address() as { port: number }).port}/`;
    const run = runFeed({
      ...testRunOptions({ url, sink: kept.sink, settings: { compress: true } }),
      clock: systemClock,
    });
    await until(() => kept.story().includes(`received 1 ${text}`), "the frame");
    expect(extensions).toContain("permessage-deflate");
    await run[Symbol.asyncDispose]();
    await new Promise((resolve) => server.close(resolve));
  });
});

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

describe("failures", () => {
  test("each kind of end is recorded with its cause, and the connection comes back with the next epoch", async () => {
    await using venue = await TestVenue.open({
      onRequest: (socket, request, number) => {
        accept(socket, request);
        socket.send(`data ${number}`);
        if (number === 1) socket.close(1001, "maintenance");
        if (number === 2) setTimeout(() => socket.terminate(), 5);
        if (number === 3) socket.send("x".repeat(2_000));
      },
    });
    const kept = new KeptFrames();
    const clock = new TestClock();
    const feed = testFeed({ limits: { ...limits, silenceMsMax: 5_000 } });
    const options = testRunOptions({
      url: venue.url,
      feed,
      sink: kept.sink,
      clock,
      settings: { payloadBytesMax: 1_000 },
    });
    const run = runFeed(options);
    await clock.advance(0);
    for (const epoch of [1, 2, 3]) {
      await until(() => kept.details().length === epoch, `the end of epoch ${epoch}`);
      expect(run.status()[0]).toMatchObject({ state: "waiting", subscribedAtNs: undefined, reconnectsTotal: epoch });
      await clock.advance(10_000);
    }
    await until(() => kept.story().includes("received 4 data 4"), "epoch 4");
    await clock.advance(4_990);
    expect(run.status()[0]?.state).toBe("live");
    await clock.advance(20);
    await until(() => kept.details().length === 4, "staleness");
    await run[Symbol.asyncDispose]();

    expect(kept.story().filter((line) => !line.startsWith("sent") && !line.includes("ok"))).toEqual([
      "opened 1",
      "received 1 data 1",
      "closed 1 remote",
      "opened 2",
      "received 2 data 2",
      "closed 2 error",
      "opened 3",
      "received 3 data 3",
      "closed 3 error",
      "opened 4",
      "received 4 data 4",
      "closed 4 stale",
    ]);
    expect(kept.details()).toEqual([
      "Closed with code 1001: maintenance",
      "The connection was lost without a closing handshake",
      expect.stringMatching(/a message was larger than payloadBytesMax allows/),
      expect.stringMatching(/^Nothing received for 5\d\d\d ms$/),
    ]);
    const metrics = await options.prometheus.expose();
    expect(metrics).toContain('k2_feed_reconnects_total{feed="test",connection="test/0",cause="error"} 2');
    expect(metrics).toContain('k2_feed_frames_total{feed="test",connection="test/0"} 8');
    expect(metrics).toMatch(/k2_feed_bytes_total\{feed="test",connection="test\/0"\} \d+/);
    expect(metrics).toMatch(/k2_feed_flush_seconds_count\{feed="test",connection="test\/0"\} [1-9]/);
    expect(metrics).toContain('k2_feed_unflushed_bytes{feed="test",connection="test/0"} 0');
    expect(metrics).toContain('k2_feed_connection_state{feed="test",connection="test/0",state="stopped"} 1');
  });

  test("tries are further and further apart, and start anew after a healthy while", async () => {
    const clock = new TestClock();
    const tries: number[] = [];
    await using venue = await TestVenue.open({
      refuse: (attempt) => {
        tries.push(clock.monotonicMs());
        return attempt <= 7 || attempt === 9 ? "503 Service Unavailable" : undefined;
      },
    });
    const settings = { retryFirstMs: 100, retryMsMax: 1_000, refusedMsMin: 0, healthyMs: 10_000 };
    const run = runFeed(testRunOptions({ url: venue.url, clock, settings }));
    const triesReach = async (count: number): Promise<void> => {
      while (venue.attempts < count) await clock.advance(1);
    };
    await triesReach(8);
    await until(() => run.status()[0]?.state === "live", "live");
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    const bounds = [100, 200, 400, 800, 1_000, 1_000, 1_000];
    for (const [index, pause] of pauses.entries()) {
      const bound = bounds[index] ?? 0;
      expect(pause).toBeGreaterThanOrEqual(bound / 2 - 2);
      expect(pause).toBeLessThanOrEqual(bound + 25); // The answer over loopback takes a few of the clock's steps.
    }
    await clock.advance(10_001);
    venue.sockets[0]?.close(1000);
    await until(() => run.status()[0]?.state === "waiting", "the end");
    const endedMs = clock.monotonicMs();
    await triesReach(9);
    expect(clock.monotonicMs() - endedMs).toBeLessThanOrEqual(110);
    await run[Symbol.asyncDispose]();
  });

  test("Retry-After of a refusal is kept to", async () => {
    await using venue = await TestVenue.open({
      refuse: (attempt) => (attempt === 1 ? "429 Too Many Requests\r\nRetry-After: 120" : undefined),
    });
    const clock = new TestClock();
    const run = runFeed(testRunOptions({ url: venue.url, clock }));
    await clock.advance(0);
    await until(() => run.status()[0]?.lastError !== undefined, "the refusal");
    expect(run.status()[0]?.lastError).toBe("The venue answered the opening request with HTTP 429 Too Many Requests");
    await clock.advance(119_900);
    expect(venue.attempts).toBe(1);
    await clock.advance(200);
    await until(() => run.status()[0]?.state === "live", "the second try");
    await run[Symbol.asyncDispose]();
  });

  test("a venue that does not answer the opening request is given up and tried again", async () => {
    await using silent = await DeafVenue.open(undefined);
    const clock = new TestClock();
    const kept = new KeptFrames();
    const options = testRunOptions({ clock, sink: kept.sink, settings: { connectMsMax: 3_000, retryFirstMs: 10 } });
    const run = runFeed({ ...options, url: silent.url });
    await clock.advance(0);
    await until(() => silent.sockets.length === 1, "the first try");
    await clock.advance(3_020);
    await until(() => silent.sockets.length === 2, "the second try");
    expect(run.status()[0]).toMatchObject({
      state: "connecting",
      lastError: "No answer in time",
      epoch: 0,
      reconnectsTotal: 0,
    });
    await run[Symbol.asyncDispose]();
    expect(kept.story()).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  test("one connection that cannot connect does not hold up the others", async () => {
    await using venue = await TestVenue.open({ refuse: (attempt) => (attempt === 1 ? "403 Forbidden" : undefined) });
    const feed = testFeed({ limits: { ...limits, symbolsPerConnectionMax: 1 } });
    const options = testRunOptions({ url: venue.url, feed, rawSymbols: ["A", "B"], settings: { startSpacingMs: 5 } });
    const run = runFeed({ ...options, clock: systemClock });
    await until(() => run.status().some(({ state }) => state === "live"), "one live");
    expect(
      run
        .status()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(["live", "waiting"]);
    await run[Symbol.asyncDispose]();
  });
});

describe("subscribing", () => {
  test("requests keep to the venue's pace, and live comes with the last answer", async () => {
    const clock = new TestClock();
    const arrivals: number[] = [];
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => {
        arrivals.push(clock.monotonicMs());
        accept(socket, request);
      },
    });
    const feed = testFeed({ limits: { ...limits, sendsPerSecondMax: 11 } });
    const run = runFeed(testRunOptions({ url: venue.url, feed, rawSymbols: ["A", "B", "C"], clock }));
    await clock.advance(0);
    await until(() => arrivals.length === 1, "the first request");
    await clock.advance(99);
    expect(arrivals.length).toBe(1);
    await clock.advance(1);
    await until(() => arrivals.length === 2, "the second request");
    expect(run.status()[0]?.state).toBe("subscribing");
    await clock.advance(100);
    await until(() => run.status()[0]?.state === "live", "live");
    expect(venue.requests).toEqual(["A", "B", "C"].map((symbol) => JSON.stringify({ subscribe: symbol })));
    await run[Symbol.asyncDispose]();
  });

  test("a refused subscription is told, and the others go on", async () => {
    await using venue = await TestVenue.open({
      onRequest: (socket, request) => (request.includes('"B"') ? socket.send('{"no":"B"}') : accept(socket, request)),
    });
    const { logger, lines } = keepLines();
    const options = testRunOptions({ url: venue.url, rawSymbols: ["A", "B"], logger });
    const run = runFeed({ ...options, clock: systemClock });
    await until(() => run.status()[0]?.state === "live", "live");
    expect(run.status()[0]?.lastError).toBe('Subscription refused: {"no":"B"}');
    expect(lines).toEqual(["the venue refused a subscription; the others go on"]);
    expect(await options.prometheus.expose()).toContain(
      'k2_feed_subscriptions_refused_total{feed="test",connection="test/0"} 1',
    );
    await run[Symbol.asyncDispose]();
  });

  test("answers that never come are warned of, and what is delivered counts", async () => {
    await using venue = await TestVenue.open({ onRequest: (socket) => socket.send("data") });
    const clock = new TestClock();
    const { logger, lines } = keepLines();
    const kept = new KeptFrames();
    const run = runFeed(testRunOptions({ url: venue.url, clock, logger, sink: kept.sink }));
    await clock.advance(0);
    await until(() => kept.story().length === 3, "data");
    await clock.advance(9_000);
    expect(run.status()[0]?.state).toBe("subscribing");
    await clock.advance(1_100);
    expect(run.status()[0]?.state).toBe("live");
    expect(lines).toEqual([
      "the venue has not answered every subscription; the connection goes on with what it delivers",
    ]);
    await run[Symbol.asyncDispose]();
  });

  test("one answer for a request of many symbols is enough, after a moment without more", async () => {
    await using venue = await TestVenue.open({ onRequest: (socket) => socket.send('{"ok":"all"}') });
    const clock = new TestClock();
    const { logger, lines } = keepLines();
    const feed = testFeed({ subscribe: (symbols) => [JSON.stringify({ subscribe: symbols })] });
    const run = runFeed(testRunOptions({ url: venue.url, feed, rawSymbols: ["A", "B"], clock, logger }));
    await clock.advance(0);
    await until(() => run.status()[0]?.framesTotal === 1, "the answer");
    expect(run.status()[0]?.state).toBe("subscribing");
    await clock.advance(1_000);
    expect([run.status()[0]?.state, lines]).toEqual(["live", []]);
    await run[Symbol.asyncDispose]();
  });

  test("a feed that cannot read a frame does not end the connection", async () => {
    await using venue = await TestVenue.open({ onRequest: (socket) => socket.send("data") });
    const feed = testFeed({
      readAnswer: () => {
        throw new Error("a bug");
      },
    });
    const kept = new KeptFrames();
    const run = runFeed({ ...testRunOptions({ url: venue.url, feed, sink: kept.sink }), clock: systemClock });
    await until(() => kept.story().at(-1) === "received 1 data", "the frame");
    await run[Symbol.asyncDispose]();
    expect(kept.story().at(-1)).toBe("closed 1 shutdown");
  });
});

describe("keeping alive", () => {
  test("the feed's own ping is sent on time and recorded; the venue's pings are signs of life", async () => {
    await using venue = await TestVenue.open();
    const clock = new TestClock();
    const kept = new KeptFrames();
    const feed = testFeed({
      ping: { everyMs: 2_000, frame: () => "ping" },
      limits: { ...limits, silenceMsMax: 5_000 },
    });
    const run = runFeed(testRunOptions({ url: venue.url, feed, clock, sink: kept.sink }));
    await clock.advance(0);
    await until(() => run.status()[0]?.state === "live", "live");
    await clock.advance(4_500);
    await until(() => venue.requests.filter((request) => request === "ping").length === 2, "two pings");
    let pongs = 0;
    venue.sockets[0]?.on("pong", () => {
      pongs += 1;
    });
    venue.sockets[0]?.ping();
    await until(() => pongs === 1, "our pong");
    await clock.advance(4_500);
    expect(run.status()[0]?.state).toBe("live");
    await clock.advance(600);
    await until(() => kept.story().includes("closed 1 stale"), "staleness after the last sign of life");
    expect(kept.story().filter((line) => line === "sent 1 ping")).toHaveLength(4);
    await run[Symbol.asyncDispose]();
  });
});

test("any frame is a sign of life", async () => {
  await using venue = await TestVenue.open();
  const clock = new TestClock();
  const feed = testFeed({ limits: { ...limits, silenceMsMax: 5_000 } });
  const run = runFeed(testRunOptions({ url: venue.url, feed, clock }));
  await clock.advance(0);
  await until(() => run.status()[0]?.state === "live", "live");
  for (let frames = 2; frames < 6; frames += 1) {
    await clock.advance(4_000);
    venue.sockets[0]?.send("data");
    await until(() => run.status()[0]?.framesTotal === frames, "data");
  }
  expect(run.status()[0]).toMatchObject({ state: "live", epoch: 1, reconnectsTotal: 0 });
  await run[Symbol.asyncDispose]();
});

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

describe("stopping", () => {
  test("in the middle of a burst: every frame that was received is in the log, then the end, and nothing is left", async () => {
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
    const slow = async (connection: number, records: RecordBatch): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await kept.sink(connection, records);
    };
    const options = testRunOptions({ url: venue.url, sink: slow, signal: controller.signal });
    const run = runFeed({ ...options, clock: systemClock });
    await until(() => (run.status()[0]?.framesTotal ?? 0) > 5_000, "a burst");
    controller.abort();
    await run.ended;
    const story = kept.story();
    const trades = story.flatMap((line) => /^received 1 trade (\d+)/.exec(line)?.[1] ?? []).map(Number);
    expect(trades).toEqual(Array.from({ length: trades.length }, (_, index) => index + 1));
    expect(trades.length).toBe((run.status()[0]?.framesTotal ?? 0) - 1);
    expect(story.at(-1)).toBe("closed 1 shutdown");
    expect(run.status()[0]?.unflushedBytes).toBe(0);
  });

  test("a venue that does not answer the closing handshake is cut after the grace", async () => {
    await using deaf = await DeafVenue.open(new Uint8Array());
    const kept = new KeptFrames();
    const clock = new TestClock();
    const controller = new AbortController();
    const run = runFeed(testRunOptions({ url: deaf.url, clock, sink: kept.sink, signal: controller.signal }));
    await clock.advance(0);
    await until(() => run.status()[0]?.state === "subscribing", "open");
    controller.abort();
    await clock.advance(990);
    expect(run.status()[0]?.state).toBe("draining");
    await clock.advance(20);
    await run.ended;
    expect(kept.story().at(-1)).toBe("closed 1 shutdown");
    expect(clock.waiting).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  test("before it began, and twice, is fine", async () => {
    const clock = new TestClock();
    const run = runFeed(testRunOptions({ clock, signal: AbortSignal.abort() }));
    await run.ended;
    await run[Symbol.asyncDispose]();
    expect([run.status()[0]?.state, clock.waiting]).toEqual(["stopped", 0]);
  });
});

describe("what cannot be run", () => {
  test("is refused before anything starts, with what to write instead", () => {
    expect(() => runFeed(testRunOptions({ url: "https://example.org" }))).toThrow(InvalidInputError);
    expect(() => runFeed(testRunOptions({ url: "wss://example.org/#a" }))).toThrow(/not a WebSocket URL/);
    expect(() => runFeed(testRunOptions({ channels: ["ticker"] }))).toThrow(
      /has no channel ticker.*Choose of trade, book/,
    );
    expect(() => runFeed(testRunOptions({ rawSymbols: [] }))).toThrow(/no symbol is named/);
  });

  test("a protocol that the venue retired is captured from a configured URL only", async () => {
    await using venue = await TestVenue.open({ onRequest: accept });
    const feed = testFeed({ id: "elder", url: undefined, retired: "Use younger" });
    expect(() => runFeed(testRunOptions({ feed, url: undefined }))).toThrow(
      /Cannot capture elder .*retired.*Nothing was started. Use younger, or give the feed the url/,
    );
    await using run = runFeed(testRunOptions({ feed, url: venue.url }));
    expect(run.status()[0]?.url).toBe(venue.url);
  });

  test("channels that the venue serves at different endpoints are not captured together", async () => {
    await using venue = await TestVenue.open({ onRequest: accept });
    const feed = testFeed({ channelUrls: { book: venue.url } });
    expect(() => runFeed(testRunOptions({ feed, url: undefined, channels: ["trade", "book"] }))).toThrow(
      /serves them at ws:\/\/127\.0\.0\.1:1\/ and .*Choose one of the channels/,
    );
    const clock = new TestClock();
    await using run = runFeed(testRunOptions({ feed, url: undefined, channels: ["book"], clock }));
    await clock.advance(0);
    await until(() => run.status()[0]?.state === "live", "live at the channel's own endpoint");
    expect(run.status()[0]?.url).toBe(venue.url);
  });
});
