/** What to capture: some symbols of one feed. */
export interface FeedConfig {
  readonly feed: string;
  readonly symbols: readonly string[];
  readonly channels?: readonly string[];
  readonly url?: string;
  readonly urls?: readonly string[];
  /** Where the venue is asked for what was missed, instead of its public endpoint. */
  readonly restUrl?: string;
  /** How often channels that are asked for over HTTP are, milliseconds, by their names. */
  readonly pollEveryMs?: Readonly<Record<string, number>>;
  /** What every row says of its origin; default: live, or simulated in that mode. */
  readonly source?: "live" | "replay";
}

const SPOT_TETHER = ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "SOL-USDT-SPOT", "XRP-USDT-SPOT", "DOGE-USDT-SPOT"];
const SPOT_DOLLAR = ["BTC-USD-SPOT", "ETH-USD-SPOT", "SOL-USD-SPOT", "XRP-USD-SPOT", "DOGE-USD-SPOT"];
const PERPETUAL = ["BTC-USDT-PERP", "ETH-USDT-PERP", "SOL-USDT-PERP"];

/** What `k2 up --live` captures when the configuration names no feeds: six protocols of four venues. */
export const LIVE_FEEDS: readonly FeedConfig[] = [
  { feed: "binance", symbols: SPOT_TETHER },
  { feed: "binance-usdm", symbols: PERPETUAL },
  { feed: "kraken", symbols: SPOT_DOLLAR },
  { feed: "coinbase", symbols: SPOT_DOLLAR },
  { feed: "bybit", symbols: SPOT_TETHER },
  { feed: "bybit-linear", symbols: PERPETUAL },
];

/** The same on the built-in market, and a coin of its own that is quoted at 1e-13 and traded by 1e13. */
export const SIMULATED_FEEDS: readonly FeedConfig[] = LIVE_FEEDS.map(({ feed, symbols }) => ({
  feed,
  symbols: symbols === SPOT_TETHER ? [...symbols, "PICO-USDT-SPOT"] : symbols,
}));
