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

const subscribe = (feed: string, ...products: readonly string[]) => ({
  event: "subscribe",
  feed,
  ...(products.length > 0 ? { product_ids: products } : {}),
});

describe("kraken-futures", () => {
  test("greets, repeats the request, and tells the last trades newest first before the new ones", async () => {
    await using client = await BareClient.connect(server.url("kraken-futures"));
    expect(await client.json()).toEqual({ event: "info", version: 1 });
    client.say(subscribe("trade", "PI_XBTUSD", "PF_XBTUSD"));
    expect(await client.json()).toEqual({
      event: "subscribed",
      feed: "trade",
      product_ids: ["PI_XBTUSD", "PF_XBTUSD"],
    });
    const frames = await client.hear(60, has('"feed":"trade'));
    const trades = tradesOf("kraken-futures", frames).filter(({ symbol }) => symbol === "PF_XBTUSD");
    expectContiguous(trades.map(({ sequence }) => sequence));
    expect(new Set(trades.map(({ id }) => id)).size).toBe(trades.length);
    // The first may have subscribed before anything was traded.
    await using late = await BareClient.connect(server.url("kraken-futures"));
    late.say(subscribe("trade", "PF_XBTUSD"));
    const snapshot = await late.next(has("trade_snapshot", "PF_XBTUSD"));
    const { trades: told } = JSON.parse(snapshot) as { readonly trades: readonly { readonly seq: number }[] };
    expect(told.map(({ seq }) => seq)).toEqual(told.map(({ seq }) => seq).toSorted((a, b) => b - a));
    expect(Object.keys(told[0] ?? {})).toEqual([
      ...["feed", "product_id", "uid", "side", "type", "seq", "time", "qty", "price"],
    ]);
  });

  test.each([
    ["error", "Json Error", "nonsense"],
    ["error", "Invalid feed", subscribe("gossip", "PI_XBTUSD")],
    ["error", "Invalid product id", subscribe("trade", "PI_NOPEUSD")],
    ["error", "Invalid product id", subscribe("trade")],
    ["alert", "Bad request", { event: "fly" }],
  ])("answers with %s: %s", async (event, message, request) => {
    await using client = await BareClient.connect(server.url("kraken-futures"));
    await client.next(has("info"));
    client.say(request);
    expect(await client.json()).toEqual({ event, message });
  });

  test("who neither asks nor pings for a minute is cut off; heartbeats come a second apart", async () => {
    const clock = new ManualClock();
    await using slow = await startVenueServer({
      source: { kind: "market", seed: 1, tradesPerSecond: 1, feeds: ["kraken-futures"] },
      clock,
      paused: true,
    });
    await using client = await BareClient.connect(slow.url("kraken-futures"));
    client.say(subscribe("heartbeat"));
    await client.next(has('"subscribed"'));
    await clock.advance(3000);
    await client.hear(3, has('"feed":"heartbeat"'));
    await clock.advance(60_000);
    expect((await client.closed).code).toBe(1000);
  });

  test("a book that is ended sends no more, and begins with a snapshot again", async () => {
    await using client = await BareClient.connect(server.url("kraken-futures"));
    client.say(subscribe("book", "PF_ETHUSD"));
    await client.next(has('"feed":"book_snapshot"'));
    await client.hear(5, has('"feed":"book"'));
    client.say({ ...subscribe("book", "PF_ETHUSD"), event: "unsubscribe" });
    await client.next(has('"unsubscribed"'));
    client.say(subscribe("book", "PF_ETHUSD"));
    await client.next(has('"subscribed"'));
    const next = JSON.parse(await client.next(has('"feed":"book'))) as { readonly feed: string };
    expect(next.feed).toBe("book_snapshot");
  });
});
