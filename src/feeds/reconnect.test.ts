import { describe, expect, test } from "vitest";
import { systemClock } from "../base/index.ts";
import { runFeed } from "./feed-run.ts";
import { TestClock, until } from "./test-clock.ts";
import { KeptFrames, testFeed, testRunOptions } from "./test-feed.ts";
import { accept, DeafVenue, TestVenue } from "./test-venue.ts";

const limits = testFeed().limits;

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
