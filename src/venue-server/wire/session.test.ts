import { describe, expect, test } from "vitest";
import type { VenueServerOptions } from "../options.ts";
import { BareClient } from "../testing/bare-client.ts";
import {
  BOTH,
  heardTotals,
  isTrade,
  market,
  recorded,
  sentTotals,
  settled,
  subscribe,
  tape,
  textOf,
} from "../testing/fixtures.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { startVenueServer } from "../venue-server.ts";
import type { SentFrame } from "./index.ts";

describe("faults", () => {
  const faulty = async (rules: NonNullable<VenueServerOptions["faults"]>["rules"], frames = 400) => {
    const sent = recorded(frames);
    const server = await startVenueServer({ source: tape(sent), speed: "max", faults: { seed: 3, rules } });
    const client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    await server.finished;
    await settled(client);
    const report = server.ledger();
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    return { sent: sent.map(textOf), heard: client.heard.slice(1), report };
  };
  const isReadable = (text: string): boolean => {
    try {
      return typeof (JSON.parse(text) as { data: { p: unknown } }).data.p === "string";
    } catch {
      return false;
    }
  };

  test("unreadable frames are exactly those that the ledger counts, and their trades are not counted as sent", async () => {
    const { heard, report } = await faulty([
      { kind: "corrupt", probability: 0.05 },
      { kind: "malformed", probability: 0.05 },
      { kind: "wrong-type", probability: 0.05 },
    ]);
    const unreadable = heard.filter((text) => !isReadable(text));
    const counted = report.faults.reduce((sum, { frames }) => sum + frames, 0);
    expect(report.faults.map(({ kind }) => kind)).toEqual(["corrupt", "malformed", "wrong-type"]);
    expect(counted).toBeGreaterThan(30);
    expect(unreadable).toHaveLength(counted);
    expect(heard).toHaveLength(400);
    expect(sentTotals(report, "binance")).toEqual(heardTotals("binance", heard.filter(isReadable)));
  });

  test("duplicates and reorders lose nothing; the ledger counts each trade once", async () => {
    const { sent, heard, report } = await faulty([
      { kind: "duplicate", probability: 0.1 },
      { kind: "reorder", probability: 0.1, windowMax: 5 },
    ]);
    const duplicates = report.faults.find(({ kind }) => kind === "duplicate")?.frames ?? 0;
    expect(duplicates).toBeGreaterThan(20);
    expect(heard).toHaveLength(400 + duplicates);
    expect([...new Set(heard)].sort()).toEqual([...sent].sort());
    expect([...new Set(heard)]).not.toEqual(sent);
    expect(sentTotals(report, "binance")).toEqual(heardTotals("binance", sent));
    expect(report.trades.reduce((sum, { repeats }) => sum + repeats, 0)).toBe(duplicates);
  });

  test("the same seed gives the same bytes again", async () => {
    const rules = [
      { kind: "corrupt", probability: 0.1 },
      { kind: "duplicate", probability: 0.1 },
      { kind: "reorder", probability: 0.1 },
    ] as const;
    expect((await faulty(rules)).heard).toEqual((await faulty(rules)).heard);
  });

  test("a close code arrives, after all frames before it", async () => {
    const frames = recorded(50);
    await using server = await startVenueServer({
      source: tape(frames),
      speed: "max",
      faults: { seed: 1, rules: [{ kind: "disconnect", at: [9], closeCode: 1012 }] },
    });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    expect((await client.closed).code).toBe(1012);
    expect(client.heard.filter(isTrade)).toEqual(frames.slice(0, 10).map(textOf));
  });

  test("silence swallows frames and heartbeats while the socket stays open; a delay holds and keeps the order", async () => {
    const clock = new ManualClock();
    const frames = recorded(100);
    await using server = await startVenueServer({
      source: tape(frames),
      clock,
      paused: true,
      faults: {
        seed: 1,
        rules: [
          { kind: "silence", at: [20], durationMs: 195 },
          { kind: "delay", at: [60], durationMs: 300 },
        ],
      },
    });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    await client.next();
    server.resume();
    await clock.advance(595);
    const beforeDelay = (await settled(client)).length;
    await clock.advance(250);
    expect((await settled(client)).length - beforeDelay).toBeLessThanOrEqual(2);
    await clock.advance(600);
    const heard = (await settled(client)).filter(isTrade);
    const silent = server.ledger().faults.find(({ kind }) => kind === "silence");
    expect(silent?.times).toBe(1);
    expect(silent?.frames).toBeGreaterThanOrEqual(19);
    expect(silent?.frames).toBeLessThanOrEqual(21);
    expect(heard).toEqual(frames.filter((_, index) => index < 20 || index >= 20 + (silent?.frames ?? 0)).map(textOf));
  });

  test("half-open: nothing is sent or answered any more, no ping either, and the socket stays", async () => {
    const frames = recorded(50);
    const clock = new ManualClock();
    await using server = await startVenueServer({
      clock,
      source: tape(frames, { onEnd: "loop" }),
      speed: "max",
      faults: { seed: 1, rules: [{ kind: "half-open", at: [10] }] },
    });
    await using client = await BareClient.connect(server.url("binance"));
    let signs = 0;
    for (const sign of ["ping", "pong"])
      client.webSocket.on(sign, () => {
        signs += 1;
      });
    client.say(subscribe(...BOTH));
    await client.hear(10, isTrade);
    await clock.advance(50_000); // The venue's own pings are due every twenty seconds.
    client.webSocket.ping();
    client.say({ method: "LIST_SUBSCRIPTIONS", id: 2 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([client.heard.length, signs, client.webSocket.readyState]).toEqual([11, 0, 1]);
  });

  test("rules can be changed while it runs", async () => {
    await using server = await startVenueServer({ source: tape(recorded(200)), speed: "max", paused: true });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    await client.next();
    server.setFaults({ seed: 1, rules: [{ kind: "duplicate", probability: 1, timesMax: 7 }] });
    server.resume();
    await server.finished;
    expect(await client.hear(207, isTrade)).toHaveLength(207);
  });

  test("strike the simulated market as they do a recording", async () => {
    await using server = await startVenueServer({
      source: market(),
      speed: "max",
      faults: {
        seed: 5,
        rules: [
          { kind: "corrupt", probability: 0.02 },
          { kind: "duplicate", probability: 0.02 },
        ],
      },
    });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe("btcusdt@trade"));
    await client.hear(2000, () => true);
    server.pause();
    const heard = (await settled(client)).slice(1);
    const report = server.ledger();
    expect(heard.filter((text) => !isReadable(text))).toHaveLength(
      report.faults.find(({ kind }) => kind === "corrupt")?.frames ?? 0,
    );
    expect(sentTotals(report, "binance")).toEqual(heardTotals("binance", heard.filter(isReadable)));
    expect(report.faults.every(({ times }) => times > 10)).toBe(true);
  });
});

describe("recordedClock", () => {
  test("in lockstep, shows each frame's own receive time as it arrives, under duplicates, reorders and damage", async () => {
    const frames = recorded(200, { everyMs: 7 });
    const timeOf = new Map(frames.map((frame) => [textOf(frame), frame.timeNs]));
    const sent: SentFrame[] = [];
    await using server = await startVenueServer({
      source: tape(frames),
      speed: "max",
      lockstep: true,
      onSent: (frame) => sent.push(frame),
      faults: {
        seed: 9,
        rules: [
          { kind: "duplicate", probability: 0.1 },
          { kind: "reorder", probability: 0.2 },
          { kind: "corrupt", probability: 0.1 },
        ],
      },
    });
    const stamps: (readonly [string, bigint])[] = [];
    const onFrame = (text: string): void => void stamps.push([text, server.recordedClock.nowNs()]);
    await using client = await BareClient.connect(server.url("binance"), { onFrame });
    client.say(subscribe(...BOTH));
    await server.finished;
    const trades = stamps.filter(([text]) => text.includes("stream"));
    expect(trades.length).toBeGreaterThan(200);
    expect(trades.map(([text]) => text)).toEqual(sent.map(textOf));
    expect(trades.map(([, stamp]) => stamp)).toEqual(sent.map(({ timeNs }) => timeNs));
    for (const [text, stamp] of trades) if (timeOf.has(text)) expect(stamp).toBe(timeOf.get(text));
    expect(sent.filter(({ harmed }) => harmed).length).toBeGreaterThan(10);
  });
});
