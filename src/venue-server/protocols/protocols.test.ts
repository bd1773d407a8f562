import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BareClient } from "../testing/bare-client.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { startVenueServer, type VenueServer } from "../venue-server.ts";
import { PROTOCOLS } from "./index.ts";

/** Each test is one documented dialogue, spoken by a client that knows nothing but text frames. */
let server: VenueServer;
beforeAll(async () => {
  server = await startVenueServer({ source: { kind: "market", seed: 5, tradesPerSecond: 4000, firstTradeId: 1000 } });
});
afterAll(() => server[Symbol.asyncDispose]());

const has =
  (...parts: readonly string[]) =>
  (text: string): boolean =>
    parts.every((part) => text.includes(part));

function tradesOf(feed: string, frames: readonly string[]) {
  const protocol = PROTOCOLS.find((known) => known.feed === feed);
  return frames.flatMap((frame) => protocol?.tradesOf(frame) ?? []);
}

function expectContiguous(ids: readonly (string | undefined)[]): void {
  const numbers = ids.map((id) => BigInt(id ?? "0"));
  for (const [index, id] of numbers.slice(1).entries()) expect(id).toBe((numbers[index] ?? 0n) + 1n);
}

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

describe("kraken", () => {
  test("status first, one acknowledgement a symbol, then a snapshot where asked, then updates that follow it", async () => {
    await using client = await BareClient.connect(server.url("kraken"));
    const status = await client.next();
    expect(status).toMatch(
      /^\{"channel":"status","type":"update","data":\[\{"version":"2\.0\.10","system":"online","api_version":"v2","connection_id":\d{15,}\}\]\}$/,
    );
    client.say({
      method: "subscribe",
      params: { channel: "trade", symbol: ["BTC/USD", "ETH/USD"], snapshot: true },
      req_id: 4,
    });
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

describe("coinbase", () => {
  test("snapshots, then the list of subscriptions, then updates that follow; every frame is numbered without a hole", async () => {
    await using client = await BareClient.connect(server.url("coinbase"));
    client.say({ type: "subscribe", product_ids: ["BTC-USD", "ETH-USD"], channel: "market_trades" });
    client.say({ type: "subscribe", channel: "heartbeats" });
    expect(await client.json()).toMatchObject({
      channel: "market_trades",
      sequence_num: 0,
      events: [{ type: "snapshot" }],
    });
    expect(await client.json()).toMatchObject({
      channel: "market_trades",
      sequence_num: 1,
      events: [{ type: "snapshot" }],
    });
    expect(await client.json()).toMatchObject({
      channel: "subscriptions",
      sequence_num: 2,
      events: [{ subscriptions: { market_trades: ["BTC-USD", "ETH-USD"] } }],
    });
    expect(await client.json(has('"subscriptions"', "heartbeats"))).toMatchObject({
      events: [{ subscriptions: { heartbeats: ["heartbeats"], market_trades: ["BTC-USD", "ETH-USD"] } }],
    });
    expect(await client.json(has('"channel":"heartbeats"'))).toMatchObject({ events: [{ heartbeat_counter: 1 }] });
    const numbers = client.heard.map((text) => (JSON.parse(text) as { sequence_num: number }).sequence_num);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    const ids = client.heard.flatMap((text) =>
      tradesOf("coinbase", [text])
        .filter(({ symbol }) => symbol === "BTC-USD")
        .reverse(),
    );
    expect(ids.length).toBeGreaterThan(50);
    expectContiguous(ids.map(({ id }) => id));
  });

  test.each([
    [
      "a product that is not listed",
      { type: "subscribe", product_ids: ["XYZ-USD"], channel: "market_trades" },
      "XYZ-USD is not a valid product",
    ],
    [
      "a channel that does not exist",
      { type: "subscribe", product_ids: ["BTC-USD"], channel: "matches" },
      'channel "matches" is not supported',
    ],
    ["no products", { type: "subscribe", channel: "market_trades" }, "no product_ids given for channel market_trades"],
    ["an unknown type", { type: "hello" }, 'unknown message type "hello"'],
    ["what is not JSON", "nonsense", "failed to parse message"],
  ])("answers %s with an error", async (_what, request, message) => {
    await using client = await BareClient.connect(server.url("coinbase"));
    client.say(request);
    expect(await client.json()).toEqual({ type: "error", message });
  });

  test.each(["coinbase", "coinbase-exchange"])(
    "%s disconnects who does not subscribe within five seconds",
    async (feed) => {
      const clock = new ManualClock();
      await using quiet = await startVenueServer({
        source: { kind: "market", seed: 1, tradesPerSecond: 1 },
        clock,
        paused: true,
      });
      await using client = await BareClient.connect(quiet.url(feed));
      await clock.advance(5001);
      expect((await client.closed).code).toBe(1008);
    },
  );
});

describe("coinbase-exchange", () => {
  test("the list of subscriptions, the last match, then matches; a heartbeat a product", async () => {
    await using client = await BareClient.connect(server.url("coinbase-exchange"));
    client.say({
      type: "subscribe",
      product_ids: ["BTC-USD"],
      channels: ["matches", { name: "heartbeat", product_ids: ["ETH-USD"] }],
    });
    expect(await client.json()).toEqual({
      type: "subscriptions",
      channels: [
        { name: "matches", product_ids: ["BTC-USD"] },
        { name: "heartbeat", product_ids: ["BTC-USD", "ETH-USD"] },
      ],
    });
    const frames = await client.hear(20, has('match"'));
    expect(frames[0]).toMatch(/^\{"type":"last_match"/);
    expect(frames[1]).toMatch(
      /^\{"type":"match","trade_id":\d+,"maker_order_id":"[0-9a-f-]{36}","taker_order_id":"[0-9a-f-]{36}","side":"(buy|sell)","size":"[\d.]+","price":"[\d.]+","product_id":"BTC-USD","sequence":\d+,"time":"[^"]{27}"\}$/,
    );
    expectContiguous(tradesOf("coinbase-exchange", frames).map(({ id }) => id));
    expect(await client.json(has('"type":"heartbeat"', "ETH-USD"))).toMatchObject({
      last_trade_id: expect.any(Number),
    });
  });

  test("says the same trades as Advanced Trade does, under the same ids", async () => {
    await using exchange = await BareClient.connect(server.url("coinbase-exchange"));
    await using advanced = await BareClient.connect(server.url("coinbase"));
    exchange.say({ type: "subscribe", product_ids: ["BTC-USD"], channels: ["matches"] });
    advanced.say({ type: "subscribe", product_ids: ["BTC-USD"], channel: "market_trades" });
    await exchange.hear(50, has('"match"'));
    await advanced.hear(50, has('"update"'));
    const byId = new Map(tradesOf("coinbase", advanced.heard).map((trade) => [trade.id, trade]));
    const shared = tradesOf("coinbase-exchange", exchange.heard).filter(({ id }) => byId.has(id));
    expect(shared.length).toBeGreaterThan(20);
    for (const trade of shared) expect(byId.get(trade.id)).toEqual({ ...trade, channel: "market_trades" });
  });

  test.each([
    [
      "a product that is not listed",
      { type: "subscribe", product_ids: ["GIBBERISH-USD"], channels: ["matches"] },
      { message: "Failed to subscribe", reason: "GIBBERISH-USD is not a valid product" },
    ],
    [
      "a channel without products",
      { type: "subscribe", channels: ["heartbeat"] },
      { message: "Failed to subscribe", reason: "You need to specify at least one product ID for channel heartbeat" },
    ],
    ["what is not JSON", "nonsense", { message: "Malformed JSON" }],
  ])("answers %s with an error", async (_what, request, error) => {
    await using client = await BareClient.connect(server.url("coinbase-exchange"));
    client.say(request);
    expect(await client.json()).toEqual({ type: "error", ...error });
  });
});

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

describe("okx", () => {
  test("each channel is answered; trades stands for what trades-all tells one by one, under the last id", async () => {
    await using client = await BareClient.connect(server.url("okx"));
    const args = ["trades", "trades-all"].map((channel) => ({ channel, instId: "BTC-USDT" }));
    client.say({ id: "7", op: "subscribe", args });
    for (const arg of args)
      expect(await client.json()).toEqual({ id: "7", event: "subscribe", arg, connId: expect.any(String) });
    const frames = (await client.hear(160, has('"data"'))).map(
      (text) => JSON.parse(text) as { arg: { channel: string }; data: Record<string, string>[] },
    );
    const records = (channel: string) =>
      frames.filter(({ arg }) => arg.channel === channel).flatMap(({ data }) => data);
    const [together, single] = [records("trades"), records("trades-all")];
    expectContiguous(single.map(({ tradeId }) => tradeId));
    expect(Object.keys(together[0] ?? {})).toEqual([
      ...["instId", "tradeId", "px", "sz", "side", "ts", "count", "source", "seqId"],
    ]);
    expect(Object.keys(single[0] ?? {})).toEqual(["instId", "tradeId", "px", "sz", "side", "source", "ts"]);
    const byId = new Map(single.map((record) => [Number(record["tradeId"]), record]));
    let compared = 0;
    for (const { tradeId, count, sz, px } of together) {
      const parts = Array.from({ length: Number(count) }, (_, index) => byId.get(Number(tradeId) - index));
      if (parts.includes(undefined)) continue; // Told before or after what was heard.
      compared += Number(count) > 1 ? 1 : 0;
      expect(parts.map((part) => part?.["px"])).toEqual(parts.map(() => px));
      const sum = parts.reduce((total, part) => total + Math.round(Number(part?.["sz"]) * 1e8), 0);
      expect(sum).toBe(Math.round(Number(sz) * 1e8));
    }
    expect(compared).toBeGreaterThan(3);
  });

  test("ping is a bare text and so is pong; a channel twice is answered twice and sent once", async () => {
    await using client = await BareClient.connect(server.url("okx"));
    client.say("ping");
    expect(await client.next()).toBe("pong");
    const request = { op: "subscribe", args: [{ channel: "trades-all", instId: "ETH-USD-SWAP" }] };
    client.say(request);
    client.say(request);
    await client.hear(2, has('"event":"subscribe"'));
    const trades = tradesOf("okx", await client.hear(10, has('"data"')));
    expectContiguous(trades.map(({ id }) => id));
    for (const { size } of trades) expect(size).toMatch(/^[1-9]\d*$/);
    client.say({ op: "unsubscribe", args: request.args });
    await client.next(has('"event":"unsubscribe"'));
  });

  test.each([
    ["60012", "nonsense"],
    ["60012", { args: [] }],
    ["60013", { op: "subscribe" }],
    ["60013", { op: "subscribe", args: ["trades"] }],
    ["60018", { op: "subscribe", args: [{ channel: "gossip", instId: "BTC-USDT" }] }],
    ["60018", { op: "subscribe", args: [{ channel: "trades", instId: "NOPE-USDT" }] }],
    ["60009", { op: "login", args: [{}] }],
    ["60019", { op: "fly" }],
  ])("answers with error %s to %j", async (code, request) => {
    await using client = await BareClient.connect(server.url("okx"));
    client.say(request);
    expect(await client.json()).toMatchObject({ event: "error", code, connId: expect.any(String) });
  });

  test("refuses more than 480 requests an hour, and cuts off who hears nothing for 30 seconds", async () => {
    const clock = new ManualClock();
    await using slow = await startVenueServer({
      source: { kind: "market", seed: 1, tradesPerSecond: 1 },
      clock,
      paused: true,
    });
    await using busy = await BareClient.connect(slow.url("okx"));
    const request = { op: "unsubscribe", args: [{ channel: "trades", instId: "BTC-USDT" }] };
    for (let count = 0; count < 481; count += 1) busy.say(request);
    expect(await busy.json(has('"error"'))).toMatchObject({ code: "60014" });
    await clock.advance(29_000, 1000);
    expect(busy.webSocket.readyState).toBe(1);
    await clock.advance(4000, 1000);
    expect(await busy.closed).toEqual({ code: 4004, reason: "No data received in 30s" });
  });
});

test("a path that is no feed's is not found", async () => {
  const url = `ws://127.0.0.1:${server.port}/nyse`;
  await expect(BareClient.connect(url)).rejects.toThrow("404");
});
