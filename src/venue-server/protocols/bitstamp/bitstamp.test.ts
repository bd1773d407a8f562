import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BareClient } from "../../testing/bare-client.ts";
import { expectContiguous, has, startBusyMarket, tradesOf } from "../../testing/dialogues.ts";
import type { VenueServer } from "../../venue-server.ts";

let server: VenueServer;
beforeAll(async () => {
  server = await startBusyMarket();
});
afterAll(() => server[Symbol.asyncDispose]());

const request = (event: string, channel: string) => ({ event, data: { channel } });

describe("bitstamp", () => {
  test("each channel is answered, numbers come as JSON numbers and as texts, and end with the subscription", async () => {
    await using client = await BareClient.connect(server.url("bitstamp"));
    client.say(request("bts:subscribe", "live_trades_btcusd"));
    expect(await client.json()).toEqual({
      event: "bts:subscription_succeeded",
      channel: "live_trades_btcusd",
      data: {},
    });
    const frames = await client.hear(40, has('"event":"trade"'));
    expectContiguous(tradesOf("bitstamp", frames).map(({ id }) => id));
    for (const text of frames) {
      const { data } = JSON.parse(text) as { readonly data: Readonly<Record<string, string | number>> };
      expect(Number(data["price_str"])).toBe(data["price"]);
      expect(Number(data["amount_str"])).toBe(data["amount"]);
      expect(String(data["microtimestamp"]).slice(0, 10)).toBe(data["timestamp"]);
    }
    client.say(request("bts:unsubscribe", "live_trades_btcusd"));
    await client.next(has("bts:unsubscription_succeeded"));
  });

  test("a heartbeat is answered; a pair that does not exist is accepted, a channel that does not is not", async () => {
    await using client = await BareClient.connect(server.url("bitstamp"));
    client.say({ event: "bts:heartbeat" });
    expect(await client.json()).toEqual({ event: "bts:heartbeat", channel: "", data: { status: "success" } });
    client.say(request("bts:subscribe", "live_trades_nopeusd"));
    expect(await client.json()).toMatchObject({ event: "bts:subscription_succeeded" });
    for (const wrong of [request("bts:subscribe", "gossip_btcusd"), { event: "fly" }, "nonsense"]) {
      client.say(wrong);
      expect(await client.json()).toMatchObject({ event: "bts:error" });
    }
  });

  test("the book is answered over HTTP: levels, or orders with their ids", async () => {
    await using client = await BareClient.connect(server.url("bitstamp"));
    client.say(request("bts:subscribe", "order_book_btcusd"));
    await client.next(has('"event":"data"'));
    const url = `${server.restUrl("bitstamp")}/api/v2/order_book`;
    const ask = async (path: string) => (await fetch(`${url}/${path}`)).json() as Promise<{ bids: string[][] }>;
    expect((await ask("btcusd/")).bids[0]).toHaveLength(2);
    expect((await ask("btcusd/?group=2")).bids[0]?.[2]).toMatch(/^\d{16}$/);
    expect((await fetch(`${url}/nopeusd/`)).status).toBe(404);
  });
});
