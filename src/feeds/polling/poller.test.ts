import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createMetrics, silentLogger, systemClock, systemRandom } from "../../base/index.ts";
import { RestClient, type RestResponse } from "../rest/rest-client.ts";
import { TestClock, until } from "../test-clock.ts";
import { PollSchedule } from "./poll-schedule.ts";
import { type PolledChannel, requestEach } from "./polled-channel.ts";
import { Poller, type PollerOptions } from "./poller.ts";

const EACH: PolledChannel = {
  name: "each",
  everyMs: 10_000,
  requests: (symbols) => requestEach(symbols, (symbol) => `/each?symbol=${symbol}`),
};
const TOGETHER: PolledChannel = {
  name: "together",
  everyMs: 60_000,
  requests: (rawSymbols) => [{ path: `/together?symbols=${rawSymbols.join(",")}`, weight: 20, rawSymbols }],
};
const LIMITS = { weightPerMinute: 1_200, weightBurst: 200 };
const encoder = new TextEncoder();

interface Asked {
  readonly atMs: number;
  readonly path: string;
}

/** A poller on a clock that stands still, whose venue answers at once. */
function polled(answer: (path: string) => number | Error, options: Partial<PollerOptions> = {}) {
  const clock = new TestClock();
  const asked: Asked[] = [];
  const recorded: RestResponse[] = [];
  const metrics = createMetrics();
  const poller = new Poller({
    feed: { id: "one", venue: "venue-one" },
    ...{ connection: "one/rest", channels: [EACH], rawSymbols: ["A", "B"], limits: LIMITS },
    client: {
      endpoint: "https://venue.example",
      async get({ path }) {
        asked.push({ atMs: clock.monotonicMs(), path });
        const status = answer(path);
        if (status instanceof Error) throw status;
        const body = encoder.encode(status === 200 ? "{}" : "no");
        return { url: `https://venue.example${path}`, status, body, receivedNs: clock.nowNs() };
      },
    },
    record: async (response) => void recorded.push(response),
    ...{ clock, random: { ...systemRandom, next: () => 1 }, logger: silentLogger },
    requests: metrics.counter({
      name: "k2_poll_requests_total",
      help: "of polls",
      labels: ["feed", "channel", "outcome"],
    }),
    ...options,
  });
  return { poller, clock, asked, recorded, metrics };
}

/** What is asked while a time goes by, as [milliseconds, path]. */
async function askedIn(scene: ReturnType<typeof polled>, durationMs: number): Promise<readonly unknown[]> {
  const stopping = new AbortController();
  const run = scene.poller.run(stopping.signal);
  await scene.clock.advance(durationMs);
  stopping.abort();
  await run;
  expect(scene.clock.waiting).toBe(0);
  return scene.asked.map(({ atMs, path }) => [atMs, path]);
}

describe("a poller", () => {
  test("asks for each symbol at its channel's cadence, evenly spread, and records every answer", async () => {
    const scene = polled(() => 200);
    expect(await askedIn(scene, 21_000)).toEqual([
      [0, "/each?symbol=A"],
      [5_000, "/each?symbol=B"],
      [10_000, "/each?symbol=A"],
      [15_000, "/each?symbol=B"],
      [20_000, "/each?symbol=A"],
    ]);
    expect(scene.recorded.map(({ url, receivedNs }) => [url, receivedNs]).slice(0, 2)).toEqual([
      ["https://venue.example/each?symbol=A", TestClock.startNs],
      ["https://venue.example/each?symbol=B", TestClock.startNs + 5_000_000_000n],
    ]);
    expect(await scene.metrics.expose()).toContain(
      'k2_poll_requests_total{feed="one",channel="each",outcome="answered"} 5',
    );
  });

  test("a cadence may be another than the channel's own", async () => {
    const scene = polled(() => 200, { everyMs: { each: 4_000 }, rawSymbols: ["A"] });
    expect(await askedIn(scene, 9_000)).toEqual([0, 4_000, 8_000].map((atMs) => [atMs, "/each?symbol=A"]));
  });

  test("is live while it is answered; what fails is asked for ever more seldom, and the rest as before", async () => {
    const scene = polled((path) => (path.endsWith("B") ? 500 : 200));
    expect(scene.poller.status()).toMatchObject({
      state: "connecting",
      epoch: 0,
      framesTotal: 0,
      connection: "one/rest",
    });
    const asked = await askedIn(scene, 100_000);
    const timesOf = (symbol: string) =>
      scene.asked.filter(({ path }) => path.endsWith(symbol)).map(({ atMs }) => atMs / 1_000);
    expect(timesOf("A")).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    // After 20, 40, 80 seconds, since the test's random number shortens no pause.
    expect(timesOf("B")).toEqual([5, 25, 65]);
    expect(scene.poller.status()).toMatchObject({
      ...{ state: "stopped", framesTotal: asked.length, failuresInRow: 0, symbols: ["A", "B"] },
      ...{ bytesTotal: 11 * 2 + 3 * 2, lastError: "each: HTTP 500 (/each?symbol=B)" },
    });
    // Refusals are answers as well.
    expect(scene.recorded.filter(({ status }) => status === 500)).toHaveLength(3);
  });

  test("goes on where the network fails, and counts it", async () => {
    let isDown = true;
    const scene = polled(() => (isDown ? new Error("no route") : 200), { rawSymbols: ["A"] });
    const stopping = new AbortController();
    const run = scene.poller.run(stopping.signal);
    await scene.clock.advance(1_000);
    const status = scene.poller.status();
    expect(status).toMatchObject({ state: "waiting", failuresInRow: 1, framesTotal: 0, subscribedAtNs: undefined });
    expect(status.lastError).toMatch(/^each: no answer: .*no route \(\/each\?symbol=A\)$/);
    isDown = false;
    await scene.clock.advance(30_000);
    expect(scene.poller.status()).toMatchObject({ state: "live", failuresInRow: 0, framesTotal: 2 });
    stopping.abort();
    await run;
    expect(await scene.metrics.expose()).toContain(
      'k2_poll_requests_total{feed="one",channel="each",outcome="failed"} 1',
    );
  });

  test("one symbol that the venue does not know spoils no other's answer", async () => {
    const rawSymbols = ["A", "B", "C", "D", "E"];
    const scene = polled((path) => (path.includes("D") ? 400 : 200), { channels: [TOGETHER], rawSymbols });
    const asked = await askedIn(scene, 61_000);
    expect(asked.map((entry) => String(entry).replace("/together?symbols=", ""))).toEqual([
      "0,A,B,C,D,E",
      ...["0,A,B,C", "0,D,E", "0,D", "0,E"],
      ...["60000,A,B,C", "60000,E"],
    ]);
    expect(scene.poller.status().lastError).toBe("together: HTTP 400 (/together?symbols=D)");
  });

  test("a refusal in the body of an answer is one", async () => {
    const channel = { ...EACH, refusal: (body: Uint8Array) => (body.length === 2 ? "10001 params error" : undefined) };
    const scene = polled(() => 200, { channels: [channel], rawSymbols: ["A"] });
    await askedIn(scene, 1_000);
    expect(scene.recorded).toHaveLength(1);
    expect(scene.poller.status().lastError).toBe("each: 10001 params error (/each?symbol=A)");
  });

  test("ends with what the raw log rejects an answer with", async () => {
    const full = new Error("the disk is full");
    const scene = polled(() => 200, { record: () => Promise.reject(full) });
    const run = scene.poller.run(new AbortController().signal);
    await Promise.all([expect(run).rejects.toBe(full), scene.clock.advance(0)]);
    expect(scene.poller.status()).toMatchObject({ state: "stopped", framesTotal: 0 });
  });

  test("over HTTP: a refusal with Retry-After holds all requests back, an abort ends one under way", async () => {
    const urls: string[] = [];
    const server = createServer((request, response) => {
      urls.push(request.url ?? "");
      if (urls.length === 1) response.writeHead(429, { "retry-after": "600" }).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/proxied`;
    const client = new RestClient({ endpoint, limits: LIMITS, clock: systemClock, logger: silentLogger });
    const { poller } = polled(() => 200, { client, clock: systemClock, everyMs: { each: 20 } });
    const stopping = new AbortController();
    const run = poller.run(stopping.signal);
    await until(() => poller.status().state === "waiting", "the refusal");
    expect(poller.status()).toMatchObject({ framesTotal: 1, lastError: "each: HTTP 429 (/each?symbol=A)" });
    await new Promise((resolve) => setTimeout(resolve, 40)); // The other symbol is due by now.
    expect([urls, client.bannedMs > 590_000]).toEqual([["/proxied/each?symbol=A"], true]);
    stopping.abort();
    await run;
    expect(poller.status().state).toBe("stopped");
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("the schedule of polls", () => {
  const rawSymbols = Array.from({ length: 200 }, (_, index) => `S${index}`);

  test("takes at most half of the allowance: where more is wanted, every period is longer", () => {
    const schedule = new PollSchedule({ channels: [EACH], rawSymbols, limits: LIMITS, nowMs: 0 });
    // 200 requests in 10 s are 1,200 a minute; 600 are allowed.
    expect(schedule.stretch).toBe(2);
    expect(schedule.next?.everyMs).toBe(20_000);
    const few = new PollSchedule({ channels: [EACH, TOGETHER], rawSymbols: ["A"], limits: LIMITS, nowMs: 0 });
    expect(few.stretch).toBe(1);
  });

  test("what was missed while the machine slept is asked for once, not often", () => {
    const schedule = new PollSchedule({ channels: [EACH], rawSymbols: ["A"], limits: LIMITS, nowMs: 0 });
    const poll = schedule.next;
    if (poll === undefined) throw new Error("nothing is due");
    schedule.answered(poll, 100);
    expect(poll.dueMs).toBe(10_000);
    schedule.answered(poll, 3_600_000);
    expect(poll.dueMs).toBe(3_610_000);
  });
});
