/** Assets of the simulated market that take part. */
export const ASSETS: readonly string[] = ["BTC", "ETH", "SOL", "XRP", "DOGE"];

const symbols = (suffix: string): readonly string[] => ASSETS.map((asset) => `${asset}-${suffix}`);

/** Everything that the market then sends on six protocols is subscribed: what the server is told to send is what K2 gets. */
export const MARKET_FEEDS: readonly { readonly feed: string; readonly symbols: readonly string[] }[] = [
  { feed: "binance", symbols: symbols("USDT-SPOT") },
  { feed: "binance-usdm", symbols: symbols("USDT-PERP") },
  { feed: "kraken", symbols: symbols("USD-SPOT") },
  { feed: "coinbase", symbols: symbols("USD-SPOT") },
  { feed: "bybit", symbols: symbols("USDT-SPOT") },
  { feed: "bybit-linear", symbols: symbols("USDT-PERP") },
];
