import type { VenueDataChannel } from "../../domain/index.ts";
import { type CandleChannel, candleChannels, channelsOf } from "../venue-data/channels-by-kind.ts";

/** @see https://bybit-exchange.github.io/docs/v5/enum#interval */
export const CANDLES: readonly CandleChannel[] = candleChannels("kline.", [
  ["1", "1m"],
  ["3", "3m"],
  ["5", "5m"],
  ["15", "15m"],
  ["30", "30m"],
  ["60", "1h"],
  ["120", "2h"],
  ["240", "4h"],
  ["360", "6h"],
  ["720", "12h"],
  ["D", "1d"],
  ["W", "1w"],
  ["M", "1mo"],
]);

/**
 * Of all markets: `priceLimit`, between which prices an order may be, every 300 ms. `instruments-info`, status and
 * increments, is published over HTTP alone, and polled: see polled-channels.ts.
 *
 * @see https://bybit-exchange.github.io/docs/v5/websocket/public/order-price-limit
 */
const STATUS = channelsOf("status", ["instruments-info", "priceLimit"]);

/**
 * Spot beside trades and books: `tickers` every 50 ms where they changed, whole each time; `kline.<interval>` every 1 to 60
 * seconds.
 *
 * @see https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
 * @see https://bybit-exchange.github.io/docs/v5/websocket/public/kline
 */
export const SPOT_VENUE_DATA: readonly VenueDataChannel[] = [
  ...channelsOf("ticker", ["tickers"]),
  ...CANDLES,
  ...STATUS,
];

/**
 * Contracts: `tickers` every 100 ms where they changed, first whole and then the changed fields alone, with mark and index
 * price, funding rate and open interest among them. `allLiquidation` every 500 ms; `liquidation`, of each symbol one a
 * second, is what the venue sent until 2025.
 *
 * @see https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
 * @see https://bybit-exchange.github.io/docs/v5/websocket/public/liquidation
 */
export const CONTRACT_VENUE_DATA: readonly VenueDataChannel[] = [
  { name: "tickers", kinds: ["ticker", "funding"] },
  ...CANDLES,
  ...channelsOf("liquidation", ["allLiquidation", "liquidation"]),
  ...STATUS,
];
