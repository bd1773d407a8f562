/** Tardis' names of exchanges, and the feeds that speak of the same market. */
export const TARDIS_MARKETS: Readonly<Record<string, readonly string[]>> = {
  binance: ["binance"],
  "binance-futures": ["binance-usdm"],
  "binance-delivery": ["binance-coinm"],
  kraken: ["kraken"],
  coinbase: ["coinbase"],
  "bybit-spot": ["bybit"],
  bybit: ["bybit-linear", "bybit-inverse"],
  okex: ["okx"],
  "okex-swap": ["okx"],
  "okex-futures": ["okx"],
};
