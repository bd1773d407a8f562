import { expect, test } from "vitest";
import { InternalError } from "../base/index.ts";
import { Listings } from "./index.ts";

const listing = (index: number, venue: string, rawSymbol: string): Parameters<Listings["add"]>[0] => ({
  index,
  venue,
  rawSymbol,
  symbol: "BTC-USDT-SPOT",
  unitExponent: 0,
});

test("listings are found by number and by the venue's spelling", () => {
  const listings = new Listings();
  const binance = listings.add(listing(0, "binance", "BTCUSDT"));
  const bybit = listings.add(listing(1, "bybit", "BTCUSDT"));
  expect(listings.at(1)).toBe(bybit);
  expect(listings.find("binance", "BTCUSDT")).toBe(binance);
  expect(listings.find("binance", "btcusdt")).toBeUndefined();
  expect(listings.find("kraken", "BTCUSDT")).toBeUndefined();
  expect(listings.all()).toEqual([binance, bybit]);
  expect(listings.count).toBe(2);
});

test("a listing whose number is not its place, and a number that no listing has, are refused", () => {
  const listings = new Listings();
  expect(() => listings.add(listing(1, "binance", "BTCUSDT"))).toThrow(InternalError);
  expect(() => listings.at(0)).toThrow(/No listing has index 0; 0 are known/);
});
