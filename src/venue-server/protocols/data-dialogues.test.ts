import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BareClient } from "../testing/bare-client.ts";
import { has, startBusyMarket } from "../testing/dialogues.ts";
import type { VenueServer } from "../venue-server.ts";

let server: VenueServer;
beforeAll(async () => {
  server = await startBusyMarket();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("channels beside trades and books", () => {
  test("okx: instruments are asked for by kind, indices by their own name, the venue's status by nothing", async () => {
    await using client = await BareClient.connect(server.url("okx"));
    const args = [
      { channel: "instruments", instType: "SWAP" },
      { channel: "index-tickers", instId: "BTC-USD" },
      { channel: "status" },
    ];
    client.say({ op: "subscribe", args });
    for (const arg of args) expect(await client.json(has('"event"'))).toMatchObject({ event: "subscribe", arg });
    const frame = await client.next(has('"channel":"index-tickers"', '"data"'));
    expect(frame).toMatch(/^\{"arg":\{"channel":"index-tickers","instId":"BTC-USD"\},"data":\[\{"instId":"BTC-USD"/);
    client.say({ op: "subscribe", args: [{ channel: "instruments", instType: "SHARES" }] });
    expect(await client.json(has('"error"'))).toMatchObject({ code: "60018" });
  });

  test("kraken: instruments of all pairs are one subscription, candles one for each interval", async () => {
    await using client = await BareClient.connect(server.url("kraken"));
    client.say({ method: "subscribe", params: { channel: "instrument", snapshot: true }, req_id: 3 });
    expect(await client.json(has('"method"'))).toMatchObject({ result: { channel: "instrument" }, success: true });
    const pairs = await client.hear(2, has('"channel":"instrument"'));
    expect(new Set(pairs).size).toBeGreaterThanOrEqual(2);
    client.say({ method: "subscribe", params: { channel: "ohlc", symbol: ["BTC/USD"], interval: 5 } });
    expect(await client.next(has('"channel":"ohlc"', '"data"'))).toContain('"interval":5,');
  });

  test("coinbase-exchange: status needs no products, and tells of all of them", async () => {
    await using client = await BareClient.connect(server.url("coinbase-exchange"));
    client.say({ type: "subscribe", channels: ["status"] });
    await client.next(has('"subscriptions"'));
    const frames = await client.hear(2, has('"type":"status"'));
    expect(
      new Set(frames.map((text) => (JSON.parse(text) as { products: { id: string }[] }).products[0]?.id)).size,
    ).toBeGreaterThanOrEqual(2);
    client.say({ type: "unsubscribe", channels: ["status"] });
    await client.next(has('"subscriptions"'));
  });

  test("bybit-linear: tickers are told whole, then by what changed", async () => {
    await using client = await BareClient.connect(server.url("bybit-linear"));
    client.say({ op: "subscribe", args: ["tickers.BTCUSDT"] });
    const [first = "", second = ""] = await client.hear(2, has('"topic":"tickers.BTCUSDT"'));
    expect(first).toMatch(/"type":"snapshot".*"openInterest":"[\d.]+".*"fundingRate":"-?[\d.]+"/);
    expect(second).toContain('"type":"delta"');
    expect(second).not.toContain("openInterest");
  });

  test("binance-usdm: a stream of all symbols has no symbol in its name", async () => {
    await using client = await BareClient.connect(server.url("binance-usdm"));
    client.say({ method: "SUBSCRIBE", params: ["btcusdt@markPrice@1s", "btcusdt@kline_1m"], id: 1 });
    await client.next(has('"result"'));
    const marks = await client.hear(2, has('"e":"markPriceUpdate"'));
    const times = marks.map((text) => Math.floor((JSON.parse(text) as { data: { E: number } }).data.E / 1000));
    expect(times[1]).toBeGreaterThan(times[0] ?? 0);
    expect(await client.next(has('"e":"kline"'))).toMatch(/^\{"stream":"btcusdt@kline_1m","data":\{"e":"kline"/);
  });
});
