import { describe, expect, test } from "vitest";
import { TradeBatch } from "../domain/index.ts";
import { runFeed } from "./feed-run.ts";
import { feedById } from "./registry.ts";
import { TestClock, until } from "./test-clock.ts";
import { KeptFrames, testRunOptions } from "./test-feed.ts";
import { TestVenue } from "./test-venue.ts";

/** Feed, symbol, channel, both requests, and what the venue answers to the first. */
const RENEWALS: readonly (readonly [string, string, string, readonly object[], string])[] = [
  [
    "bybit",
    "BTCUSDT",
    "orderbook.50",
    [
      { req_id: "1-1", op: "unsubscribe", args: ["orderbook.50.BTCUSDT"] },
      { req_id: "1-1", op: "subscribe", args: ["orderbook.50.BTCUSDT"] },
    ],
    '{"success":true,"ret_msg":"","conn_id":"c-1","req_id":"1-1","op":"unsubscribe"}',
  ],
  [
    "okx",
    "BTC-USDT",
    "books",
    [
      { id: "1", op: "unsubscribe", args: [{ channel: "books", instId: "BTC-USDT" }] },
      { id: "1", op: "subscribe", args: [{ channel: "books", instId: "BTC-USDT" }] },
    ],
    '{"event":"unsubscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}',
  ],
  [
    "kraken",
    "BTC/USD",
    "book-10",
    [
      { method: "unsubscribe", params: { channel: "book", depth: 10, symbol: ["BTC/USD"] }, req_id: 1 },
      { method: "subscribe", params: { channel: "book", depth: 10, symbol: ["BTC/USD"], snapshot: true }, req_id: 1 },
    ],
    '{"method":"unsubscribe","result":{"channel":"book","depth":10,"symbol":"BTC/USD"},"success":true,"time_in":"2026-11-21T08:00:00.000000Z","time_out":"2026-11-21T08:00:00.000100Z","req_id":1}',
  ],
  [
    "kraken-v1",
    "XBT/USD",
    "book-10",
    [
      { event: "unsubscribe", reqid: 1, pair: ["XBT/USD"], subscription: { name: "book", depth: 10 } },
      { event: "subscribe", reqid: 1, pair: ["XBT/USD"], subscription: { name: "book", depth: 10 } },
    ],
    '{"channelID":320,"channelName":"book-10","event":"subscriptionStatus","pair":"XBT/USD","reqid":1,"status":"unsubscribed","subscription":{"depth":10,"name":"book"}}',
  ],
  [
    "coinbase",
    "BTC-USD",
    "level2",
    [
      { type: "unsubscribe", product_ids: ["BTC-USD"], channel: "level2" },
      { type: "subscribe", product_ids: ["BTC-USD"], channel: "level2" },
    ],
    '{"channel":"subscriptions","timestamp":"2026-11-21T08:00:00.000000Z","sequence_num":7,"events":[{"subscriptions":{"heartbeats":["heartbeats"],"market_trades":["BTC-USD"]}}]}',
  ],
  [
    "coinbase-exchange",
    "BTC-USD",
    "level2_batch",
    [
      { type: "unsubscribe", product_ids: ["BTC-USD"], channels: ["level2_batch"] },
      { type: "subscribe", product_ids: ["BTC-USD"], channels: ["level2_batch"] },
    ],
    '{"type":"subscriptions","channels":[{"name":"matches","product_ids":["BTC-USD"]},{"name":"heartbeat","product_ids":["BTC-USD"]}]}',
  ],
];

describe.each(RENEWALS)("%s", (id, symbol, channel, requests, answer) => {
  test("one book's subscription is ended and asked for again, by itself", () => {
    const frames = feedById(id).books?.renewal?.(symbol, channel) ?? [];
    expect(frames.map((frame) => JSON.parse(frame) as object)).toEqual(requests);
  });

  test("the answer to its end is no market data and no error", () => {
    const { channels, createDecoder } = feedById(id);
    const decoder = createDecoder({ channels: channels.slice(0, 1) });
    const refusals: string[] = [];
    const outcome = decoder.decode(new TextEncoder().encode(answer), {
      trades: new TradeBatch(),
      listing: () => undefined,
      refuse: (reason, detail) => void refusals.push(`${reason}: ${detail}`),
    });
    expect([outcome, refusals]).toEqual(["control", []]);
  });
});

test("requests go out on a live socket of that epoch alone, and are recorded like all that is sent", async () => {
  await using venue = await TestVenue.open();
  const kept = new KeptFrames();
  const clock = new TestClock();
  await using run = runFeed(testRunOptions({ url: venue.url, clock, sink: kept.sink }));
  const name = run.status()[0]?.connection ?? "";
  expect(run.request(name, 1, ["early"])).toBe(false);
  await clock.advance(0);
  await until(() => run.status()[0]?.state === "live", "live");
  expect([run.request(name, 2, ["late"]), run.request("nobody/7", 1, ["lost"])]).toEqual([false, false]);
  expect(run.request(name, 1, ["one", "two"])).toBe(true);
  expect(run.request(name, 1, Array.from({ length: 60 }, String))).toBe(false); // Too many at once: none is sent.
  await clock.advance(5_000);
  await until(() => kept.story().includes("sent 1 two"), "sent");
  expect(
    kept
      .story()
      .filter((word) => word.startsWith("sent"))
      .slice(1),
  ).toEqual(["sent 1 one", "sent 1 two"]);
});
