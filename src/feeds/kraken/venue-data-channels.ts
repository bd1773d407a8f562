import type { VenueDataChannel } from "../../domain/index.ts";
import { type CandleChannel, candleChannels, channelsOf } from "../venue-data/channels-by-kind.ts";

/** Both protocols count minutes. @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/ohlc */
export const CANDLES: readonly CandleChannel[] = candleChannels("ohlc-", [
  ["1", "1m"],
  ["5", "5m"],
  ["15", "15m"],
  ["30", "30m"],
  ["60", "1h"],
  ["240", "4h"],
  ["1440", "1d"],
  ["10080", "1w"],
  ["21600", "15d"],
]);

/**
 * v2 beside trades and books. `ticker` comes at each change of the best bid or ask. `instrument` tells the state and the
 * increments of every pair, first of all of them. `status` is that of the venue: it is sent on connecting and when it
 * changes, without being asked for.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/ticker
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/instrument
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/status
 */
export const V2_VENUE_DATA: readonly VenueDataChannel[] = [
  ...channelsOf("ticker", ["ticker"]),
  ...CANDLES,
  ...channelsOf("status", ["instrument", "status"]),
];

/** v1. `systemStatus` is sent on connecting and when it changes. @see https://docs.kraken.com/api/docs/websocket-v1/ticker */
export const V1_VENUE_DATA: readonly VenueDataChannel[] = [
  ...channelsOf("ticker", ["ticker"]),
  ...CANDLES,
  ...channelsOf("status", ["systemStatus"]),
];

/** Channels that the venue sends by itself: there is no request for them. */
export const UNASKED: ReadonlySet<string> = new Set(["status", "systemStatus"]);

/** As silver.candles names the interval of so many minutes. */
export function intervalOf(minutes: string): string | undefined {
  return CANDLES.find(({ name }) => name === `ohlc-${minutes}`)?.interval;
}
