import type { VenueDataChannel } from "../../domain/index.ts";
import { type CandleChannel, candleChannels, channelsOf } from "../venue-data/channels-by-kind.ts";

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#klinecandlestick-streams-for-utc */
const FUTURES_INTERVALS = ["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"];
const SPOT_INTERVALS = ["1s", ...FUTURES_INTERVALS];

/**
 * Streams beside trades and books, by the part of the stream's name after the symbol.
 *
 * - `ticker`, `miniTicker`: the last 24 hours, every second where they changed.
 * - `kline_<interval>`: the running candle, every second (futures: every 250 ms) where it changed, and once more when it
 *   is closed. Days begin at 00:00 UTC.
 * - `markPrice`, `markPrice@1s` (futures): every 3 seconds, or every one.
 * - `forceOrder` (futures): of each symbol the latest liquidation of a second; others of that second are not told.
 * - `!contractInfo` (futures): of all symbols; sent when a contract is listed, settled or changes its brackets.
 *
 * `openInterest` (futures) and `exchangeInfo` are published over HTTP alone, and polled: see polled-channels.ts.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
 * @see https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams
 */
export const TICKER_CHANNELS: readonly VenueDataChannel[] = channelsOf("ticker", ["ticker", "miniTicker"]);
export const SPOT_CANDLES: readonly CandleChannel[] = klines(SPOT_INTERVALS);
export const FUTURES_CANDLES: readonly CandleChannel[] = klines(FUTURES_INTERVALS);

export const SPOT_VENUE_DATA: readonly VenueDataChannel[] = [
  ...TICKER_CHANNELS,
  ...SPOT_CANDLES,
  ...channelsOf("status", ["exchangeInfo"]),
];
export const FUTURES_VENUE_DATA: readonly VenueDataChannel[] = [
  ...TICKER_CHANNELS,
  ...FUTURES_CANDLES,
  ...channelsOf("funding", ["markPrice@1s", "markPrice", "openInterest"]),
  ...channelsOf("liquidation", ["forceOrder"]),
  ...channelsOf("status", ["!contractInfo", "exchangeInfo"]),
];

/** Of several that tell the same, the one that tells most. */
export const USUAL_VENUE_DATA: readonly string[] = [
  "ticker",
  "markPrice@1s",
  "openInterest",
  "forceOrder",
  "!contractInfo",
  "exchangeInfo",
];

/** Binance writes a month "1M", where a minute is "1m"; silver.candles "1mo". */
export function intervalOf(binanceInterval: string): string {
  return binanceInterval === "1M" ? "1mo" : binanceInterval;
}

function klines(intervals: readonly string[]): readonly CandleChannel[] {
  return candleChannels(
    "kline_",
    intervals.map((name) => [name, intervalOf(name)]),
  );
}
