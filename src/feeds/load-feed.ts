import type { Feed } from "./feed.ts";

/** Where each feed of the registry is; a test holds the two equal. */
const FEED_MODULES: Readonly<Record<string, () => Promise<Feed>>> = {
  binance: async () => (await import("./binance/binance.ts")).binance,
  "binance-usdm": async () => (await import("./binance/binance.ts")).binanceUsdm,
  "binance-coinm": async () => (await import("./binance/binance.ts")).binanceCoinm,
  kraken: async () => (await import("./kraken/kraken.ts")).kraken,
  "kraken-v1": async () => (await import("./kraken/kraken.ts")).krakenV1,
  coinbase: async () => (await import("./coinbase/coinbase.ts")).coinbase,
  "coinbase-exchange": async () => (await import("./coinbase/coinbase.ts")).coinbaseExchange,
  bybit: async () => (await import("./bybit/bybit.ts")).bybit,
  "bybit-linear": async () => (await import("./bybit/bybit.ts")).bybitLinear,
  "bybit-inverse": async () => (await import("./bybit/bybit.ts")).bybitInverse,
  "bybit-v2": async () => (await import("./bybit-v2/bybit-v2.ts")).bybitV2,
  okx: async () => (await import("./okx/okx.ts")).okx,
  "kraken-futures": async () => (await import("./kraken-futures/kraken-futures.ts")).krakenFutures,
  bitstamp: async () => (await import("./bitstamp/bitstamp.ts")).bitstamp,
  gemini: async () => (await import("./gemini/gemini.ts")).gemini,
};

/**
 * As feedById, with no other feed in memory: for a thread that captures one.
 *
 * @throws {InvalidInputError} when no feed has that id
 */
export async function loadFeed(id: string): Promise<Feed> {
  const load = FEED_MODULES[id];
  if (load !== undefined) return await load();
  return (await import("./ccxt/ccxt.ts")).ccxtFeed(id);
}
