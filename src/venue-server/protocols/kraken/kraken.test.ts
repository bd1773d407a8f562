import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BareClient } from "../../testing/bare-client.ts";
import { expectContiguous, has, startBusyMarket, tradesOf } from "../../testing/dialogues.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { startVenueServer, type VenueServer } from "../../venue-server.ts";

let server: VenueServer;
beforeAll(async () => {
  server = await startBusyMarket();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("kraken", () => {
  test("status first, one acknowledgement a symbol, then a snapshot where asked, then updates that follow it", async () => {
    await using client = await BareClient.connect(server.url("kraken"));
    const status = await client.next();
    expect(status).toMatch(
      /^\{"channel":"status","type":"update","data":\[\{"version":"2\.0\.10","system":"online","api_version":"v2","connection_id":\d{15,}\}\]\}$/,
    );
    const request = {
      method: "subscribe",
      params: { channel: "trade", symbol: ["BTC/USD", "ETH/USD"], snapshot: true },
    };
    // A market that has just begun has no last trades, and its snapshots name nothing.
    await using early = await BareClient.connect(server.url("kraken"));
    early.say(request);
    for (const symbol of request.params.symbol) await early.hear(1, has('"type":"update"', symbol));
    client.say({ ...request, req_id: 4 });
    for (const symbol of ["BTC/USD", "ETH/USD"]) {
      const ack = await client.json(has('"method":"subscribe"'));
      expect(ack).toMatchObject({ result: { channel: "trade", snapshot: true, symbol }, success: true, req_id: 4 });
      expect(ack["time_in"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      const snapshot = await client.json(has('"type":"snapshot"', symbol));
      expect((snapshot["data"] as unknown[]).length).toBeLessThanOrEqual(50);
    }
    const frames = await client.hear(15, has('"channel":"trade"', "BTC/USD"));
    expectContiguous(tradesOf("kraken", frames).map(({ id }) => id));
    expect(frames.at(-1)).toMatch(
      /"price":\d+\.\d,"qty":\d+\.\d{8},"ord_type":"(limit|market)","trade_id":\d+,"timestamp":"[^"]{27}"/,
    );
  });

  test.each([
    [
      "a symbol that is not listed",
      { channel: "trade", symbol: ["BTC/USD", "XBT/USD"] },
      "Currency pair not supported XBT/USD",
      { symbol: "XBT/USD" },
    ],
    ["a channel that does not exist", { channel: "gossip", symbol: ["BTC/USD"] }, "Unsupported channel", {}],
    ["no symbols", { channel: "trade" }, "Malformed request", {}],
  ])("refuses %s", async (_what, params, error, more) => {
    await using client = await BareClient.connect(server.url("kraken"));
    client.say({ method: "subscribe", params });
    expect(await client.json(has('"error"'))).toMatchObject({ error, method: "subscribe", success: false, ...more });
  });

  test("refuses to subscribe twice, and what it cannot read; answers pings", async () => {
    await using client = await BareClient.connect(server.url("kraken"));
    const request = { method: "subscribe", params: { channel: "trade", symbol: ["BTC/USD"] } };
    client.say(request);
    client.say(request);
    expect(await client.json(has('"error"'))).toMatchObject({ error: "Already subscribed", symbol: "BTC/USD" });
    client.say("{");
    expect(await client.json(has('"error"'))).toMatchObject({ error: "Malformed request", method: "error" });
    client.say({ method: "ping", req_id: 101 });
    expect(await client.json(has("pong"))).toMatchObject({ method: "pong", req_id: 101 });
    client.say({ method: "unsubscribe", params: request.params });
    expect(await client.json(has("unsubscribe"))).toMatchObject({
      success: true,
      result: { channel: "trade", symbol: "BTC/USD" },
    });
  });

  test("a heartbeat a second while nothing else is sent, and none before a subscription", async () => {
    const clock = new ManualClock();
    await using quiet = await startVenueServer({
      source: { kind: "market", seed: 1, tradesPerSecond: 1 },
      clock,
      paused: true,
    });
    await using client = await BareClient.connect(quiet.url("kraken"));
    await clock.advance(2500);
    client.say({ method: "subscribe", params: { channel: "trade", symbol: ["BTC/USD"] } });
    await client.next(has('"success":true'));
    await clock.advance(3000);
    await client.hear(2, has('{"channel":"heartbeat"}'));
    expect(client.heard.filter(has("heartbeat")).length).toBeLessThanOrEqual(3);
  });
});

describe("kraken-v1", () => {
  test("systemStatus, subscriptionStatus a pair, a snapshot, then arrays that follow it", async () => {
    await using client = await BareClient.connect(server.url("kraken-v1"));
    expect(await client.next()).toMatch(
      /^\{"connectionID":\d{15,},"event":"systemStatus","status":"online","version":"[^"]+"\}$/,
    );
    client.say({ event: "subscribe", pair: ["XBT/USD", "XDG/USD"], subscription: { name: "trade" }, reqid: 3 });
    for (const pair of ["XBT/USD", "XDG/USD"]) {
      expect(await client.json(has("subscriptionStatus", pair))).toEqual({
        channelID: expect.any(Number),
        channelName: "trade",
        event: "subscriptionStatus",
        pair,
        reqid: 3,
        status: "subscribed",
        subscription: { name: "trade" },
      });
    }
    const frame = JSON.parse(await client.next(has('"trade","XBT/USD"'))) as [number, string[][], string, string];
    expect(frame[1][0]).toEqual([
      expect.stringMatching(/^\d+\.\d{5}$/),
      expect.stringMatching(/^\d+\.\d{8}$/),
      expect.stringMatching(/^\d{10}\.\d{6}$/),
      expect.stringMatching(/^[bs]$/),
      expect.stringMatching(/^[lm]$/),
      "",
    ]);
  });

  test.each([
    [
      "a pair that is not listed",
      { event: "subscribe", pair: ["BTC/USD"], subscription: { name: "trade" } },
      "Currency pair not supported BTC/USD",
    ],
    [
      "a pair that is none",
      { event: "subscribe", pair: ["btcusd"], subscription: { name: "trade" } },
      "Currency pair not in ISO 4217-A3 format btcusd",
    ],
    [
      "a channel that does not exist",
      { event: "subscribe", pair: ["XBT/USD"], subscription: { name: "x" } },
      "Subscription name invalid",
    ],
    ["an unknown event", { event: "dance" }, "Event(s) not found"],
    ["what is not JSON", "{", "Malformed request"],
    [
      "leaving what was never joined",
      { event: "unsubscribe", pair: ["XBT/USD"], subscription: { name: "trade" } },
      "Subscription Not Found",
    ],
  ])("refuses %s", async (_what, request, errorMessage) => {
    await using client = await BareClient.connect(server.url("kraken-v1"));
    client.say(request);
    expect(await client.json(has("errorMessage"))).toMatchObject({ errorMessage });
  });

  test("answers pings", async () => {
    await using client = await BareClient.connect(server.url("kraken-v1"));
    client.say({ event: "ping", reqid: 42 });
    expect(await client.next(has("pong"))).toBe('{"event":"pong","reqid":42}');
  });
});
