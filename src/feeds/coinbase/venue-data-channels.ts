import type { VenueDataChannel } from "../../domain/index.ts";
import { candleChannels, channelsOf } from "../venue-data/channels-by-kind.ts";

/**
 * Advanced Trade beside trades and books: `ticker` with each match, `ticker_batch` every 5 seconds where it changed, without
 * the best bid and ask; `candles` of five minutes, every second; `status` of each product.
 *
 * @see https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels
 */
export const ADVANCED_VENUE_DATA: readonly VenueDataChannel[] = [
  ...channelsOf("ticker", ["ticker", "ticker_batch"]),
  ...candleChannels("candles", [["", "5m"]]),
  ...channelsOf("status", ["status"]),
];

/**
 * Exchange beside trades and books: `ticker` with each match, `ticker_batch` every 5 seconds where it changed; `status` of
 * all products, every 5 seconds. It has no candles.
 *
 * @see https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 */
export const EXCHANGE_VENUE_DATA: readonly VenueDataChannel[] = [
  ...channelsOf("ticker", ["ticker", "ticker_batch"]),
  ...channelsOf("status", ["status"]),
];

/** Tickers with each match; not gathered. */
export const USUAL_VENUE_DATA: readonly string[] = ["ticker", "status"];
