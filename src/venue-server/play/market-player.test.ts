import { describe, expect, test } from "vitest";
import type { VenueServerOptions } from "../options.ts";
import { BareClient } from "../testing/bare-client.ts";
import { heardTotals, isTrade, market, START_NS, sentTotals, settled, subscribe } from "../testing/fixtures.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { startVenueServer } from "../venue-server.ts";

describe("the simulated market", () => {
  const hearMarket = async (options: Partial<VenueServerOptions>, count: number): Promise<readonly string[]> => {
    await using server = await startVenueServer({ source: market(), speed: "max", ...options });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe("btcusdt@trade", "picousdt@trade"));
    return (await client.hear(count, isTrade)).slice(0, count);
  };

  test("two runs with one seed send the same bytes; another seed others", async () => {
    const first = await hearMarket({}, 3000);
    expect(await hearMarket({}, 3000)).toEqual(first);
    expect(await hearMarket({ source: market({ seed: 12 }) }, 3000)).not.toEqual(first);
  });

  test("the ledger equals what clients of every protocol summed", async () => {
    const requests: Readonly<Record<string, object>> = {
      binance: subscribe("btcusdt@trade", "picousdt@trade", "dogeusdt@aggTrade"),
      "binance-usdm": subscribe("btcusdt@trade"),
      "binance-coinm": subscribe("btcusd_perp@trade"),
      kraken: { method: "subscribe", params: { channel: "trade", symbol: ["BTC/USD", "DOGE/USD"], snapshot: true } },
      coinbase: { type: "subscribe", channel: "market_trades", product_ids: ["BTC-USD", "ETH-USD"] },
      "coinbase-exchange": { type: "subscribe", channels: ["matches"], product_ids: ["ETH-USD"] },
      bybit: { op: "subscribe", args: ["publicTrade.BTCUSDT", "publicTrade.PICOUSDT"] },
      "bybit-linear": { op: "subscribe", args: ["publicTrade.SOLUSDT"] },
      "bybit-inverse": { op: "subscribe", args: ["publicTrade.BTCUSD"] },
      "bybit-v2": { op: "subscribe", args: ["trade.BTCUSD", "trade.XRPUSD"] },
      okx: {
        op: "subscribe",
        args: [
          { channel: "trades", instId: "BTC-USDT" },
          { channel: "trades", instId: "ETH-USD-SWAP" },
          { channel: "trades-all", instId: "BTC-USDT" },
        ],
      },
      "kraken-futures": { event: "subscribe", feed: "trade", product_ids: ["PI_XBTUSD", "PF_ETHUSD"] },
      bitstamp: { event: "bts:subscribe", data: { channel: "live_trades_btcusd" } },
      gemini: { type: "subscribe", subscriptions: [{ name: "l2", symbols: ["BTCUSD"] }] },
    };
    await using server = await startVenueServer({
      source: market({ feeds: [...Object.keys(requests), "kraken-v1"], tradesPerSecond: 5000 }),
      speed: "max",
      paused: true,
    });
    const clients = new Map<string, BareClient>();
    for (const [feed, request] of Object.entries(requests)) {
      const client = await BareClient.connect(server.url(feed));
      clients.set(feed, client);
      client.say(request);
      await client.next((text) =>
        /"(result|success|subscriptions|subscribed?|bts:subscription_succeeded|heartbeat)"/.test(text),
      );
    }
    server.resume();
    await clients.get("binance-coinm")?.hear(200, isTrade);
    server.pause();
    for (const [feed, client] of clients) {
      await settled(client);
      const report = server.ledger();
      expect(Object.keys(sentTotals(report, feed)).length).toBeGreaterThan(0);
      expect(sentTotals(report, feed)).toEqual(heardTotals(feed, client.heard));
      await client[Symbol.asyncDispose]();
    }
  });

  test("a rewind after a trade id brings everything after it again, however long ago, and then the present", async () => {
    await using server = await startVenueServer({ source: market({ tradesPerSecond: 20_000 }), speed: "max" });
    await using first = await BareClient.connect(server.url("binance"));
    first.say(subscribe("btcusdt@trade", "ethusdt@trade"));
    await first.hear(20_000, isTrade);
    first.webSocket.terminate();
    await first.closed;
    server.rewind({ feed: "binance", symbol: "BTCUSDT", afterTradeId: "500" });
    server.rewind({ feed: "binance", symbol: "ETHUSDT", trades: 40 });
    await using again = await BareClient.connect(server.url("binance"));
    again.say(subscribe("btcusdt@trade", "ethusdt@trade"));
    const heard = await again.hear(25_000, isTrade);
    const ids = (symbol: string): readonly number[] =>
      heard.filter((text) => text.includes(symbol)).map((text) => (JSON.parse(text) as { data: { t: number } }).data.t);
    const bitcoin = ids("BTCUSDT");
    expect(bitcoin[0]).toBeLessThanOrEqual(501);
    expect(bitcoin[0]).toBeGreaterThan(490);
    expect(bitcoin).toEqual(bitcoin.map((_, index) => (bitcoin[0] ?? 0) + index));
    const ether = ids("ETHUSDT");
    expect(ether).toEqual(ether.map((_, index) => (ether[0] ?? 0) + index));
    const firstBytes = new Map(first.heard.map((text) => [/"s":"\w+","t":\d+/.exec(text)?.[0], text]));
    const shared = heard.filter((text) => firstBytes.has(/"s":"\w+","t":\d+/.exec(text)?.[0]));
    expect(shared.length).toBeGreaterThan(5000);
    for (const text of shared)
      if (firstBytes.get(/"s":"\w+","t":\d+/.exec(text)?.[0]) !== text) expect(text).toBe("the bytes sent before");
    server.pause();
    await settled(again);
    const totals = heardTotals("binance", [...first.heard, ...again.heard]);
    expect(sentTotals(server.ledger(), "binance")["trade BTCUSDT"]?.lastId).toBe(totals["trade BTCUSDT"]?.lastId);
  });

  test("a rewind to the beginning, and its end", async () => {
    await using server = await startVenueServer({ source: market(), speed: "max" });
    const run = async (): Promise<number> => {
      await using client = await BareClient.connect(server.url("binance"));
      client.say(subscribe("btcusdt@trade"));
      const [text = ""] = await client.hear(2000, isTrade);
      return (JSON.parse(text) as { data: { t: number } }).data.t;
    };
    expect(await run()).toBe(1);
    expect(await run()).toBeGreaterThan(2000);
    server.rewind({ feed: "binance", afterTradeId: "0" });
    expect(await run()).toBe(1);
    server.rewind({ feed: "binance" });
    expect(await run()).toBeGreaterThan(4000);
  });

  test("joins the present of a market that began before, with the ids it would have by now", async () => {
    const later = new ManualClock(START_NS + 60_000_000_000n);
    await using joined = await startVenueServer({ source: market({ joinNow: true }), clock: later });
    await using client = await BareClient.connect(joined.url("binance"));
    client.say(subscribe("btcusdt@trade"));
    await later.advance(200);
    const live = (await settled(client)).filter(isTrade);
    expect(live.length).toBeGreaterThan(5);
    const all = await hearMarket({}, 30_000);
    const place = all.indexOf(live[0] ?? "");
    expect(place).toBeGreaterThan(1000);
    const bitcoin = all.slice(place).filter((text) => text.includes("btcusdt"));
    expect(live).toEqual(bitcoin.slice(0, live.length));
  });

  test("a market started later never gives an id again", async () => {
    const firstId = async (startTimeNs: bigint): Promise<number> => {
      const { firstTradeId: _fixed, ...source } = market();
      const [text = ""] = await hearMarket({ source: { ...source, startTimeNs } }, 1);
      return (JSON.parse(text) as { data: { t: number } }).data.t;
    };
    const [first, second] = [await firstId(START_NS), await firstId(START_NS + 1_000_000_000n)];
    expect(second - first).toBe(1_000_000); // A million a second: more than a symbol trades.
    expect(Number.isSafeInteger(second)).toBe(true);
  });

  test("a client that does not read is cut off at its bound", async () => {
    await using server = await startVenueServer({
      source: market({ tradesPerSecond: 200_000 }),
      speed: 100,
      bufferedBytesMax: 1_000_000,
    });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe("btcusdt@trade"));
    await client.next();
    client.webSocket.pause();
    while (server.ledger().feeds[0]?.slowClients === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    client.webSocket.resume();
    expect((await client.closed).code).toBe(1006);
  });

  test("a market keeps its rate and sends right after it happened", async () => {
    const clock = new ManualClock(START_NS);
    await using server = await startVenueServer({ source: market({ tradesPerSecond: 400 }), clock });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(
      subscribe(
        ...["btc", "eth", "sol", "xrp", "doge", "ada", "ltc", "link", "pico"].map((name) => `${name}usdt@trade`),
      ),
    );
    await client.next();
    const startMs = Number(clock.nowNs() / 1_000_000n);
    await clock.advance(10_000, 2);
    const events = (await settled(client))
      .filter(isTrade)
      .map((text) => (JSON.parse(text) as { data: { T: number; E: number } }).data);
    expect(events.length).toBeGreaterThan(2500);
    expect(events.length).toBeLessThan(6000);
    expect(events[0]?.T).toBeGreaterThanOrEqual(Number(START_NS / 1_000_000n));
    expect(events.at(-1)?.E ?? 0).toBeLessThan(startMs + 10_000);
    expect(events.at(-1)?.E ?? 0).toBeGreaterThan(startMs + 9_500);
  });
});
