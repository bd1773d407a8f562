import type { VenueDataChannel } from "../../domain/index.ts";
import { type CandleChannel, candleChannels, channelsOf } from "../venue-data/channels-by-kind.ts";

const MINUTES_AND_HOURS: readonly (readonly [string, string])[] = [
  ["1s", "1s"],
  ["1m", "1m"],
  ["3m", "3m"],
  ["5m", "5m"],
  ["15m", "15m"],
  ["30m", "30m"],
  ["1H", "1h"],
  ["2H", "2h"],
  ["4H", "4h"],
];
const LONGER: readonly (readonly [string, string])[] = [
  ["6H", "6h"],
  ["12H", "12h"],
  ["1D", "1d"],
  ["2D", "2d"],
  ["3D", "3d"],
  ["5D", "5d"],
  ["1W", "1w"],
  ["1M", "1mo"],
  ["3M", "3mo"],
];

/**
 * Candles, at an endpoint of their own. Those of six hours and more begin by the clock of Hong Kong (1D at 16:00 UTC), or
 * with "utc" after the name by that of Greenwich.
 *
 * @see https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-candlesticks-channel
 */
export const CANDLES: readonly CandleChannel[] = candleChannels("candle", [
  ...MINUTES_AND_HOURS,
  ...LONGER.map(([name, interval]) => [`${name}utc`, interval] as const),
  ...LONGER,
]);

/**
 * Beside trades and books. Of swaps and futures: `mark-price` (also of margined pairs), `open-interest` every 3 seconds,
 * `index-tickers`; of swaps `funding-rate`, every 30 to 90 seconds. `liquidation-orders` and `instruments` are subscribed by
 * kind of instrument and tell of all its instruments; of a bankruptcy at most one a second is told. `status` is the
 * venue's maintenance.
 *
 * @see https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-tickers-channel
 * @see https://www.okx.com/docs-v5/en/#public-data-websocket
 * @see https://www.okx.com/docs-v5/en/#status-ws-status-channel
 */
export const VENUE_DATA: readonly VenueDataChannel[] = [
  ...channelsOf("ticker", ["tickers"]),
  ...CANDLES,
  ...channelsOf("funding", ["funding-rate", "mark-price", "index-tickers", "open-interest"]),
  ...channelsOf("liquidation", ["liquidation-orders"]),
  ...channelsOf("status", ["instruments", "status"]),
];

/** What `instType` says of an instrument: BTC-USDT, BTC-USDT-SWAP, BTC-USD-261225. */
export function instrumentType(instId: string): "SPOT" | "SWAP" | "FUTURES" {
  if (instId.endsWith("-SWAP")) return "SWAP";
  return /-\d{6}$/.test(instId) ? "FUTURES" : "SPOT";
}

/** The index that a swap follows, by its own name: BTC-USDT of BTC-USDT-SWAP. */
export function indexOf(instId: string): string {
  return instId.split("-").slice(0, 2).join("-");
}
