import { expect, test } from "vitest";
import {
  createMetrics,
  type Logger,
  type RecordBatch,
  seededRandom,
  silentLogger,
  systemClock,
} from "../../base/index.ts";
import { binanceUsdm } from "../binance/binance.ts";
import { FeedMetrics } from "../feed-metrics.ts";
import { describeFeedRun, type Start } from "../feed-run.contract.ts";
import { runFeed } from "../feed-run.ts";
import { until as untilWithin } from "../test-clock.ts";
import { KeptFrames } from "../test-feed.ts";
import { accept, TestVenue } from "../test-venue.ts";
import { type IsolatedFeedOptions, runIsolatedFeed } from "./isolated-feed.ts";
import { fragile, oneEach, plain, twoEach } from "./test-feeds.ts";

const FEEDS = { fragile, oneEach, plain, twoEach };
type Name = keyof typeof FEEDS;

const until = (isTrue: () => boolean, what: string): Promise<void> => untilWithin(isTrue, what, { seconds: 25 });

function options(
  name: Name,
  changes: Partial<IsolatedFeedOptions>,
): IsolatedFeedOptions & { exposed(): Promise<string> } {
  const prometheus = createMetrics();
  return {
    feed: FEEDS[name],
    origin: { module: new URL("./test-feeds.ts", import.meta.url).href, name },
    rawSymbols: ["A"],
    source: "simulated",
    lastEpochs: new Map(),
    sink: async () => {},
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    metrics: new FeedMetrics(prometheus),
    exposed: () => prometheus.expose(),
    ...changes,
  };
}

const startHere: Start = (name, changes) => {
  const { exposed, ...rest } = options(name, changes as Partial<IsolatedFeedOptions>);
  return { run: runFeed(rest), exposed };
};
const startIsolated: Start = (name, changes) => {
  const { exposed, ...rest } = options(name, changes as Partial<IsolatedFeedOptions>);
  return { run: runIsolatedFeed(rest), exposed };
};

describeFeedRun("in this thread", startHere);
describeFeedRun("in a worker", startIsolated);

/** What the venue of the tests below sends on every socket, once it is subscribed to. */
const FRAMES = 200;

const QUICK = { restartFirstMs: 1, restartMsMax: 10, heartbeatEveryMs: 100, heartbeatMsMax: 5_000 };

test("a worker that exits, throws, fills its memory or is stuck is replaced, and another feed never notices", async () => {
  const ways = ["exit", "throw", "fill", "spin"];
  const [ill, well] = [new KeptFrames(), new KeptFrames()];
  await using fragileVenue = await TestVenue.open({
    onRequest: (socket, _request, number) => {
      for (let index = 1; index <= FRAMES; index += 1) socket.send(`trade ${index}`);
      // Once all of them are durable: none of these may be lost then.
      const last = `received ${number} trade ${FRAMES}`;
      const breakDown = (): void => {
        if (ill.story().includes(last)) socket.send(JSON.stringify({ do: ways[number - 1] ?? "nothing" }));
        else if (socket.readyState === socket.OPEN) setTimeout(breakDown, 5);
      };
      breakDown();
    },
  });
  let sent = 0;
  await using soundVenue = await TestVenue.open({
    onRequest: (socket, request) => {
      accept(socket, request);
      const timer = setInterval(() => {
        sent += 1;
        socket.send(`trade ${sent}`);
      }, 2);
      socket.once("close", () => clearInterval(timer));
    },
  });
  const reasons: unknown[] = [];
  const keep = (fields: Readonly<Record<string, unknown>>): void => void reasons.push(fields["reason"]);
  const logger: Logger = { ...silentLogger, error: keep };
  const { exposed, ...broken } = options("fragile", {
    ...{ url: fragileVenue.url, sink: ill.sink, logger, isolation: { ...QUICK, breakerCrashes: 9 } },
  });
  await using sound = runIsolatedFeed(options("plain", { url: soundVenue.url, sink: well.sink }));
  await using run = runIsolatedFeed(broken);
  await until(() => run.status()[0]?.epoch === 5 && ill.story().includes(`received 5 trade ${FRAMES}`), "five workers");

  await until(() => run.status()[0]?.unflushedBytes === 0, "all durable");
  expect(reasons).toEqual([
    "it exited with code 7",
    "a bug in a feed",
    expect.stringContaining("memory limit"),
    expect.stringMatching(/^it was stuck for \d+ ms$/),
  ]);
  expect(run.status()[0]).toMatchObject({ reconnectsTotal: 4, state: "subscribing" });
  expect(run.status()[0]?.framesTotal).toBeGreaterThanOrEqual(5 * FRAMES);
  const exposition = await exposed();
  expect(exposition).toContain('k2_feed_worker_crashes_total{feed="test"} 4');
  expect(exposition).toContain('k2_feed_reconnects_total{feed="test",connection="test/0",cause="crash"} 4');
  await run[Symbol.asyncDispose]();
  const story = ill.story().filter((line) => !line.startsWith("sent") && !line.includes('"do"'));
  const trades = (epoch: number): readonly string[] =>
    Array.from({ length: FRAMES }, (_, index) => `received ${epoch} trade ${index + 1}`);
  expect(story).toEqual(
    [1, 2, 3, 4, 5].flatMap((epoch) => [
      `opened ${epoch}`,
      ...trades(epoch),
      `closed ${epoch} ${epoch === 5 ? "shutdown" : "crash"}`,
    ]),
  );
  expect(ill.details().slice(0, 4)).toEqual(reasons.map((reason) => `The worker that captures test ended: ${reason}`));

  const before = sent;
  await until(() => sent > before + 50, "more of the sound venue");
  await sound[Symbol.asyncDispose]();
  const sequence = well.story().flatMap((line) => /^received 1 trade (\d+)$/.exec(line)?.[1] ?? []);
  expect(sequence.map(Number)).toEqual(Array.from({ length: sequence.length }, (_, index) => index + 1));
  expect(sequence.length).toBeGreaterThan(before);
  expect([well.story()[0], well.story().at(-1), soundVenue.attempts]).toEqual(["opened 1", "closed 1 shutdown", 1]);
});

test("what was under way to the log when its worker died is in it before the record of the crash", async () => {
  const kept = new KeptFrames();
  await using venue = await TestVenue.open({
    onRequest: (socket, _request, number) => {
      if (number > 1) return;
      for (let index = 1; index <= FRAMES; index += 1) socket.send(`trade ${index}`);
      socket.send('{"do":"exit"}');
    },
  });
  const gate = Promise.withResolvers<void>();
  const sink = async (connection: number, records: RecordBatch): Promise<void> => {
    if (kept.batches.length > 0) await gate.promise;
    await kept.sink(connection, records);
  };
  await using run = runIsolatedFeed(options("fragile", { url: venue.url, sink, isolation: QUICK }));
  await until(() => (run.status()[0]?.unflushedBytes ?? 0) > 0 && venue.sockets[0]?.readyState === 3, "the crash");
  expect(venue.attempts).toBe(1); // No new socket before the log has the end of the old one.
  gate.resolve();
  await until(() => kept.story().includes("opened 2"), "the next socket");
  const story = kept.story();
  const trades = story.filter((line) => line.startsWith("received 1 trade"));
  expect(trades).toEqual(Array.from({ length: trades.length }, (_, index) => `received 1 trade ${index + 1}`));
  expect(story.indexOf("closed 1 crash")).toBeGreaterThan(story.indexOf(trades.at(-1) ?? "opened 1"));
  expect(story.indexOf("opened 2")).toBe(story.indexOf("closed 1 crash") + 1);
  await run[Symbol.asyncDispose]();
});

test("before its worker says so, too, each connection names the endpoint of its own channels", async () => {
  const { feed, channels, rawSymbols } = {
    feed: binanceUsdm,
    channels: ["trade", "aggTrade"],
    rawSymbols: ["BTCUSDT"],
  };
  await using run = runIsolatedFeed(options("plain", { feed, channels, rawSymbols, signal: AbortSignal.abort() }));
  expect(run.status().map(({ connection, url, urls }) => [connection, url, urls])).toEqual(
    [feed.url, feed.channelUrls?.["aggTrade"]].map((url, index) => [`binance-usdm/${index}`, url, [url]]),
  );
});

test("after crashes in a row the breaker opens, says why, and a stop does not wait for it", async () => {
  await using venue = await TestVenue.open({ onRequest: (socket) => socket.send('{"do":"exit"}') });
  const kept = new KeptFrames();
  const isolation = { ...QUICK, breakerCrashes: 2, breakerPauseMs: 600_000 };
  await using run = runIsolatedFeed(options("fragile", { url: venue.url, sink: kept.sink, isolation }));
  await until(() => run.status()[0]?.breaker === "open", "the breaker");
  expect(run.status()[0]).toMatchObject({
    ...{ state: "waiting", breaker: "open", failuresInRow: 2, epoch: 2, reconnectsTotal: 2, subscribedAtNs: undefined },
    lastError: "The worker that captures test ended: it exited with code 7",
  });
  expect([venue.attempts, run.request("test/0", 2, ["too late"])]).toEqual([2, false]);
  await run[Symbol.asyncDispose]();
  expect(run.status()[0]?.state).toBe("stopped");
  expect(kept.story().filter((line) => !line.startsWith("sent") && !line.startsWith("received"))).toEqual([
    "opened 1",
    "closed 1 crash",
    "opened 2",
    "closed 2 crash",
  ]);
});

test("a log that refuses the record of a crash ends the feed, which is told", async () => {
  await using venue = await TestVenue.open({ onRequest: (socket) => socket.send('{"do":"exit"}') });
  const kept = new KeptFrames();
  const failures: string[] = [];
  const sink = async (connection: number, records: RecordBatch): Promise<void> => {
    await kept.sink(connection, records);
    if (kept.story().includes("closed 1 crash")) throw new Error("no space left");
  };
  const run = runIsolatedFeed(
    options("fragile", { url: venue.url, sink, isolation: QUICK, onFailed: ({ code }) => void failures.push(code) }),
  );
  await expect(run.ended).rejects.toThrow(/Cannot record the frames of test\/0: .*no space left/);
  expect([failures, run.status()[0]?.state, venue.attempts]).toEqual([["K2_FRAMES_NOT_RECORDED"], "stopped", 1]);
});
