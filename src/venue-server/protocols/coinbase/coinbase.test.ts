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
