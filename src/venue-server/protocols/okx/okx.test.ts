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
