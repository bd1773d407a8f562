import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BareClient } from "../../testing/bare-client.ts";
import { expectContiguous, has, startBusyMarket, tradesOf } from "../../testing/dialogues.ts";
import type { VenueServer } from "../../venue-server.ts";

let server: VenueServer;
beforeAll(async () => {
  server = await startBusyMarket();
});
afterAll(() => server[Symbol.asyncDispose]());

const request = (type: string, ...symbols: readonly string[]) => ({
  type,
  subscriptions: [{ name: "l2", symbols }],
});

describe("gemini", () => {
  test("no answer but a heartbeat and the data: a whole book with a list of trades, then changes and trades", async () => {
    await using client = await BareClient.connect(server.url("gemini"));
    client.say(request("subscribe", "BTCUSD"));
    const frames = await client.hear(60, has('"symbol":"BTCUSD"'));
    expect(client.heard.some(has('"type":"heartbeat"'))).toBe(true);
    const updates = frames.filter(has('"l2_updates"'));
    expect(updates.map(has('"trades":'))).toEqual(updates.map((_, index) => index === 0));
    const trades = tradesOf("gemini", frames);
    expect(trades.length).toBeGreaterThan(5);
    expectContiguous(trades.map(({ id }) => id));
    client.say(request("unsubscribe", "BTCUSD"));
    client.say(request("subscribe", "ETHUSD"));
    await client.next(has('"symbol":"ETHUSD"'));
  });

  test.each([
    ["InvalidJson", "nonsense"],
    ["InvalidJson", { type: "fly" }],
    ["InvalidSymbol", request("subscribe", "NOPEUSD")],
    ["InvalidSymbol", { type: "subscribe", subscriptions: [{ name: "gossip", symbols: ["BTCUSD"] }] }],
    ["InvalidSymbol", { type: "subscribe" }],
  ])("refuses as %s: %j", async (reason, wrong) => {
    await using client = await BareClient.connect(server.url("gemini"));
    client.say(wrong);
    expect(await client.json()).toMatchObject({ result: "error", reason });
  });
});
