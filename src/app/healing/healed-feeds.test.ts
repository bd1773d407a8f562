import { expect, test } from "vitest";
import { capturedFeeds } from "../capture.ts";
import type { FeedConfig } from "../default-feeds.ts";
import { healedFeeds } from "./healed-feeds.ts";

const VENUE = "wss://stream.binance.com:9443/stream";

test.each<[string, Partial<FeedConfig>, string | undefined]>([
  ["the venue itself is asked where nothing else is named", {}, "https://api.binance.com"],
  ["nobody is asked where it is captured from elsewhere", { url: "ws://127.0.0.1:1/binance" }, undefined],
  [
    "the venue is asked where its endpoint is one of several",
    { urls: ["wss://a.example", VENUE] },
    "https://api.binance.com",
  ],
  ["nobody is asked where none of several is the venue's", { urls: ["wss://a.example", "wss://b.example"] }, undefined],
  ["whoever is named is asked", { urls: ["wss://a.example"], restUrl: "http://r.example" }, "http://r.example"],
])("%s", (_, config, endpoint) => {
  const [healed] = healedFeeds(capturedFeeds([{ feed: "binance", symbols: ["BTC-USDT-SPOT"], ...config }]));
  expect(healed?.endpoint).toBe(endpoint);
});
