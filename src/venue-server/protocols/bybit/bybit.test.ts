import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BareClient } from "../../testing/bare-client.ts";
import { expectContiguous, has, startBusyMarket, tradesOf } from "../../testing/dialogues.ts";
import type { VenueServer } from "../../venue-server.ts";

let server: VenueServer;
beforeAll(async () => {
  server = await startBusyMarket();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("bybit", () => {
  test("subscribe, ping and unsubscribe are answered; trades come with 19-digit ids", async () => {
    await using client = await BareClient.connect(server.url("bybit"));
    client.say({ op: "subscribe", args: ["publicTrade.BTCUSDT"], req_id: "r1" });
    expect(await client.json()).toEqual({
      success: true,
      ret_msg: "",
      conn_id: expect.any(String),
      req_id: "r1",
      op: "subscribe",
    });
    client.say({ op: "ping" });
    expect(await client.json(has("pong"))).toMatchObject({ success: true, ret_msg: "pong", op: "ping" });
    const frames = await client.hear(20, has('"topic":"publicTrade.BTCUSDT","type":"snapshot"'));
    const trades = tradesOf("bybit", frames);
    expectContiguous(trades.map(({ id }) => id));
    expect(trades[0]?.id).toMatch(/^21\d{17}$/);
    client.say({ op: "unsubscribe", args: ["publicTrade.BTCUSDT"] });
    expect(await client.json(has('"op":"unsubscribe"'))).toMatchObject({ success: true });
  });

  test("linear trades have UUIDs, a tick direction, and one seq for the trades of one order", async () => {
    await using client = await BareClient.connect(server.url("bybit-linear"));
    client.say({ op: "subscribe", args: ["publicTrade.BTCUSDT"] });
    const frames = (await client.hear(60, has('"topic"'))).map(
      (text) => JSON.parse(text) as { data: { i: string; L: string; seq: number; T: number }[] },
    );
    const trades = frames.flatMap(({ data }) => data);
    expect(new Set(trades.map(({ i }) => i)).size).toBe(trades.length);
    for (const { i, L } of trades) {
      expect(i).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(["PlusTick", "ZeroPlusTick", "ZeroMinusTick", "MinusTick"]).toContain(L);
    }
    const sequences = frames.map(({ data }) => new Set(data.map(({ seq }) => seq)));
    expect(sequences.every(({ size }) => size === 1)).toBe(true);
    const order = sequences.map((set) => [...set][0] ?? 0);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test.each([
    ["bybit", { op: "subscribe", args: Array.from({ length: 11 }, () => "publicTrade.BTCUSDT") }, "args size >10"],
    ["bybit", { op: "subscribe", args: ["gossip.BTCUSDT"] }, "error:handler not found,topic:gossip.BTCUSDT"],
    ["bybit", { op: "subscribe", args: ["publicTrade.NOPEUSDT"] }, "Invalid symbol :[publicTrade.NOPEUSDT]"],
    ["bybit", { op: "auth", args: ["key", 1, "signature"] }, "Request not authorized"],
    ["bybit", { op: "subscribe", args: [] }, "Params Error"],
    ["bybit", "nonsense", "Request format error"],
    ["bybit-linear", { op: "fly" }, "error:request op not found, op:fly"],
  ])("%s refuses %j", async (feed, request, message) => {
    await using client = await BareClient.connect(server.url(feed));
    client.say(request);
    expect(await client.json()).toMatchObject({ success: false, ret_msg: message });
  });

  test("refuses all of a request when one topic is already subscribed", async () => {
    await using client = await BareClient.connect(server.url("bybit"));
    client.say({ op: "subscribe", args: ["publicTrade.BTCUSDT"] });
    await client.next(has('"success":true'));
    client.say({ op: "subscribe", args: ["publicTrade.ETHUSDT", "publicTrade.BTCUSDT"] });
    expect(await client.json(has('"success"'))).toMatchObject({
      success: false,
      ret_msg: "error:already subscribed,topic:publicTrade.BTCUSDT",
    });
  });

  test("linear takes more than ten topics a request", async () => {
    await using client = await BareClient.connect(server.url("bybit-linear"));
    const args = ["1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W"].map(
      (width) => `kline.${width}.BTCUSDT`,
    );
    client.say({ op: "subscribe", args });
    expect(await client.json()).toMatchObject({ success: true });
  });
});

describe("bybit-inverse and bybit-v2", () => {
  test("are one market in two protocols: the same executions under the same ids, sizes in whole contracts", async () => {
    await using current = await BareClient.connect(server.url("bybit-inverse"));
    await using retired = await BareClient.connect(server.url("bybit-v2"));
    current.say({ op: "subscribe", args: ["publicTrade.BTCUSD"] });
    retired.say({ op: "subscribe", args: ["trade.BTCUSD"] });
    expect(await retired.json()).toEqual({
      success: true,
      ret_msg: "",
      conn_id: expect.any(String),
      request: { op: "subscribe", args: ["trade.BTCUSD"] },
    });
    const later = tradesOf("bybit-inverse", await current.hear(60, has('"publicTrade.BTCUSD"')));
    const old = tradesOf("bybit-v2", await retired.hear(60, has('"trade.BTCUSD","data"')));
    const ids = new Map(later.map((trade) => [trade.id, trade]));
    const shared = old.filter(({ id }) => ids.has(id));
    expect(shared.length).toBeGreaterThan(20);
    for (const { id, price, size, side } of shared) {
      expect([Number(price), size, side]).toEqual([Number(ids.get(id)?.price), ids.get(id)?.size, ids.get(id)?.side]);
      expect(size).toMatch(/^[1-9]\d*$/);
    }
  });

  test("v2 answers repeat the request", async () => {
    await using client = await BareClient.connect(server.url("bybit-v2"));
    client.say({ op: "ping" });
    expect(await client.json()).toMatchObject({ success: true, ret_msg: "pong", request: { op: "ping", args: null } });
    client.say({ op: "subscribe", args: ["trade.BTCUSD"] });
    await client.next(has('"success":true'));
    client.say({ op: "unsubscribe", args: ["trade.BTCUSD"] });
    expect(await client.json(has('"unsubscribe"'))).toMatchObject({ success: true });
  });

  test.each([
    [{ op: "subscribe", args: ["gossip.BTCUSD"] }, "error:handler not found,topic:gossip.BTCUSD"],
    [{ op: "subscribe", args: ["trade.NOPE"] }, "error:handler not found,topic:trade.NOPE"],
    [{ op: "subscribe", args: [] }, "error:no topic"],
    [{ op: "fly" }, "error:request op not found, op:fly"],
    ["nonsense", "error:request format error"],
  ])("v2 refuses %j", async (request, message) => {
    await using client = await BareClient.connect(server.url("bybit-v2"));
    client.say(request);
    expect(await client.json()).toMatchObject({ success: false, ret_msg: message });
  });
});
