import { expect, test } from "vitest";
import { InvalidInputError } from "../base/index.ts";
import { loadFeed } from "./load-feed.ts";
import { FEEDS, feedById } from "./registry.ts";

test("every feed is found by its id, and ids are unique", () => {
  expect(FEEDS.map((feed) => feedById(feed.id))).toEqual([...FEEDS]);
  expect(FEEDS.map((feed) => feed.id)).toEqual([
    "binance",
    "binance-usdm",
    "binance-coinm",
    "kraken",
    "kraken-v1",
    "coinbase",
    "coinbase-exchange",
    "bybit",
    "bybit-linear",
    "bybit-inverse",
    "bybit-v2",
    "okx",
    "kraken-futures",
    "bitstamp",
    "gemini",
  ]);
});

test("loadFeed() finds each feed of the registry, and those by way of ccxt", async () => {
  for (const feed of FEEDS) expect(await loadFeed(feed.id)).toBe(feed);
  expect((await loadFeed("ccxt:bitfinex")).venue).toBe("ccxt-bitfinex");
  await expect(loadFeed("mtgox")).rejects.toThrow(InvalidInputError);
});

test("a feed has an endpoint unless its protocol is retired, and then says what to use instead", () => {
  const retired = FEEDS.filter((feed) => feed.url === undefined);
  expect(retired.map((feed) => feed.id)).toEqual(["bybit-v2"]);
  expect(FEEDS.filter((feed) => feed.retired !== undefined)).toEqual(retired);
});

test("an id that no feed has is refused with those that are known", () => {
  expect(() => feedById("mtgox")).toThrow(InvalidInputError);
  expect(() => feedById("mtgox")).toThrow(/"mtgox".*binance-usdm.*coinbase-exchange/);
});

test("a connection of which nobody says that it has ended is given up within a minute, and a quiet one is not", () => {
  for (const { id, limits, ping, retired } of FEEDS) {
    if (retired === undefined) expect(limits.silenceMsMax, id).toBeLessThanOrEqual(60_000);
    // Two answers to pings may be lost; where K2 sends none, the venue's own heartbeats come as often.
    if (ping !== undefined) expect(limits.silenceMsMax, id).toBeGreaterThan(2 * ping.everyMs);
  }
});
