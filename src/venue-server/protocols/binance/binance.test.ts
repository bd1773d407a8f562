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

describe("binance", () => {
  test("SUBSCRIBE is answered with its id, then trades come with contiguous ids", async () => {
    await using client = await BareClient.connect(server.url("binance"));
    client.say({ method: "SUBSCRIBE", params: ["btcusdt@trade"], id: 7 });
    expect(await client.next()).toBe('{"result":null,"id":7}');
    const frames = await client.hear(20, has('"stream":"btcusdt@trade"'));
    const trades = tradesOf("binance", frames);
    expectContiguous(trades.map(({ id }) => id));
    const { stream, data } = JSON.parse(frames[0] ?? "") as { stream: string; data: Record<string, unknown> };
    expect(stream).toBe("btcusdt@trade");
    expect(Object.keys(data)).toEqual(["e", "E", "s", "t", "p", "q", "T", "m", "M"]);
    expect(data["p"]).toMatch(/^\d+\.\d{2}000000$/);
    expect(data["q"]).toMatch(/^\d+\.\d{8}$/);
    expect(Date.now() - Number(data["E"])).toBeLessThan(5000);
    expect(Date.now() - Number(data["E"])).toBeGreaterThanOrEqual(0);
  });

  test("LIST_SUBSCRIPTIONS, UNSUBSCRIBE and properties, with ids of any documented kind", async () => {
    await using client = await BareClient.connect(server.url("binance"));
    client.say({ method: "SUBSCRIBE", params: ["btcusdt@trade", "ethusdt@aggTrade"], id: "abc" });
    client.say({ method: "LIST_SUBSCRIPTIONS", id: null });
    client.say({ method: "UNSUBSCRIBE", params: ["btcusdt@trade"], id: 3 });
    client.say({ method: "GET_PROPERTY", params: ["combined"], id: 4 });
    const answers = await client.hear(4, has('"result"'));
    expect(answers.map((answer) => JSON.parse(answer) as unknown)).toEqual([
      { result: null, id: "abc" },
      { result: ["btcusdt@trade", "ethusdt@aggTrade"], id: null },
      { result: null, id: 3 },
      { result: true, id: 4 },
    ]);
    const unsubscribed = client.heard.length;
    await client.hear(client.heard.filter(has("ethusdt@aggTrade")).length + 5, has("ethusdt@aggTrade"));
    expect(client.heard.slice(unsubscribed).filter(has("btcusdt@trade"))).toEqual([]);
  });

  test("aggTrade events stand for contiguous trades of one price", async () => {
    await using client = await BareClient.connect(server.url("binance"));
    client.say({ method: "SUBSCRIBE", params: ["btcusdt@aggTrade"], id: 1 });
    const events = (await client.hear(60, has('"aggTrade"'))).map(
      (text) => (JSON.parse(text) as { data: { a: number; f: number; l: number } }).data,
    );
    for (const [index, { f }] of events.slice(1).entries()) expect(f).toBe((events[index]?.l ?? 0) + 1);
    expect(events.some(({ f, l }) => l > f)).toBe(true);
  });

  test("streams by URL: combined under /stream, bare events under /ws", async () => {
    const root = server.url("binance").replace(/\/stream$/, "");
    await using combined = await BareClient.connect(`${root}/stream?streams=btcusdt@trade/ethusdt@trade`);
    await combined.next(has('{"stream":"btcusdt@trade","data":{"e":"trade"'));
    await combined.next(has('{"stream":"ethusdt@trade"'));
    await using raw = await BareClient.connect(`${root}/ws/btcusdt@trade`);
    expect(await raw.next()).toMatch(/^\{"e":"trade","E":\d+,"s":"BTCUSDT"/);
    raw.say({ method: "SET_PROPERTY", params: ["combined", true], id: 5 });
    await raw.next(has('"id":5'));
    expect(await raw.next()).toMatch(/^\{"stream":"btcusdt@trade"/);
  });

  test.each([
    ["what is not JSON", "{", { code: 3 }],
    ["a request without a method", { id: 1 }, { code: 2, msg: expect.stringContaining("missing field `method`") }],
    [
      "an unknown method",
      { method: "LISTEN", id: 1 },
      { code: 2, msg: expect.stringContaining("unknown variant `LISTEN`") },
    ],
    [
      "a request without an id",
      { method: "LIST_SUBSCRIPTIONS" },
      { code: 2, msg: expect.stringContaining("request ID") },
    ],
    [
      "an unknown property",
      { method: "GET_PROPERTY", params: ["speed"], id: 9 },
      { code: 0, msg: "Unknown property", id: 9 },
    ],
    ["a property that is no Boolean", { method: "SET_PROPERTY", params: ["combined", 1], id: 9 }, { code: 1 }],
    [
      "more than 1,024 streams",
      { method: "SUBSCRIBE", params: Array.from({ length: 1025 }, (_, index) => `s${index}@trade`), id: 2 },
      { code: 2, msg: "Invalid request: too many parameters", id: 2 },
    ],
  ])("answers %s with the venue's error", async (_what, request, answer) => {
    await using client = await BareClient.connect(server.url("binance"));
    client.say(request);
    expect(await client.json()).toMatchObject(answer);
  });

  test("cuts off who says more than five messages in a second, pings included", async () => {
    await using client = await BareClient.connect(server.url("binance"));
    for (let count = 0; count < 3; count += 1) client.webSocket.ping();
    for (let count = 0; count < 3; count += 1) client.say({ method: "LIST_SUBSCRIPTIONS", id: count });
    expect(await client.closed).toEqual({ code: 1008, reason: "Too many requests" });
    expect(client.heard).toHaveLength(2);
  });

  test("pings every 20 seconds and cuts off who does not answer", async () => {
    const clock = new ManualClock();
    await using slow = await startVenueServer({
      source: { kind: "market", seed: 1, tradesPerSecond: 1 },
      clock,
      paused: true,
    });
    await using deaf = await BareClient.connect(slow.url("binance"), { autoPong: false });
    await using polite = await BareClient.connect(slow.url("binance"));
    let pings = 0;
    polite.webSocket.on("ping", () => {
      pings += 1;
    });
    await clock.advance(79_000, 100);
    expect([deaf.webSocket.readyState, pings]).toEqual([1, 3]);
    await clock.advance(2000, 100);
    expect(await deaf.closed).toEqual({ code: 1008, reason: "Pong timeout" });
    await clock.advance(40_000, 100);
    expect([polite.webSocket.readyState, pings]).toEqual([1, 6]);
  });

  test.each([
    ["binance-usdm", "btcusdt@trade", ["e", "E", "T", "s", "t", "p", "q", "X", "m"], /^\d+\.\d{2}$/, /^\d+\.\d{3}$/],
    ["binance-coinm", "btcusd_perp@trade", ["e", "E", "T", "s", "t", "p", "q", "X", "m"], /^\d+\.\d$/, /^\d+$/],
  ])("%s sends the futures' fields and grids", async (feed, stream, fields, price, size) => {
    await using client = await BareClient.connect(server.url(feed));
    client.say({ method: "SUBSCRIBE", params: [stream], id: 1 });
    const { data } = (await client.json(has('"stream"'))) as { data: Record<string, unknown> };
    expect(Object.keys(data)).toEqual(fields);
    expect(data["p"]).toMatch(price);
    expect(data["q"]).toMatch(size);
  });
});
