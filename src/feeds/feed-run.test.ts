import { randomBytes } from "node:crypto";
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { InvalidInputError, systemClock } from "../base/index.ts";
import { runFeed } from "./feed-run.ts";
import { TestClock, until } from "./test-clock.ts";
import { KeptFrames, keepLines, testFeed, testRunOptions } from "./test-feed.ts";
import { accept, DeafVenue, TestVenue } from "./test-venue.ts";

const limits = testFeed().limits;

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

describe("stopping", () => {
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

  test("channels that the venue serves at different endpoints have connections of their own", async () => {
    await using venue = await TestVenue.open({ onRequest: accept });
    const feed = testFeed({ channelUrls: { book: venue.url } });
    const clock = new TestClock();
    const options = { feed, url: undefined, rawSymbols: ["A"], clock };
    await using run = runFeed(testRunOptions({ ...options, channels: ["trade", "book"] }));
    expect(run.status().map(({ connection, url, symbols }) => [connection, url, symbols])).toEqual([
      [`${feed.id}/0`, feed.url, ["A"]],
      [`${feed.id}/1`, venue.url, ["A"]],
    ]);
    await clock.advance(0);
    await clock.advance(60_000);
    await until(() => run.status()[1]?.state === "live", "live at the channel's own endpoint");
    await using single = runFeed(testRunOptions({ ...options, channels: ["book"] }));
    expect(single.status().map(({ url }) => url)).toEqual([venue.url]);
  });

  test("elsewhere than at the venue, one URL serves all channels", async () => {
    await using venue = await TestVenue.open({ onRequest: accept });
    const feed = testFeed({ channelUrls: { book: "ws://127.0.0.1:2/" } });
    await using run = runFeed(
      testRunOptions({ feed, url: venue.url, rawSymbols: ["A"], channels: ["trade", "book"], clock: new TestClock() }),
    );
    expect(run.status().map(({ url }) => url)).toEqual([venue.url, venue.url]);
  });
});
