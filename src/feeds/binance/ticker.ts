import type { TickerRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/*
 * Streams `<symbol>@ticker` (e "24hrTicker") and `<symbol>@miniTicker` (e "24hrMiniTicker"): the last 24 hours.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#individual-symbol-ticker-streams
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Individual-Symbol-Ticker-Streams
 *
 *   E  when the message was made, ms           o, h, l  open, high and low of the 24 hours
 *   s  symbol                                  c, Q     last price and size
 *   v  volume, base currency; contracts on     b, B     best bid and its size    (spot's `ticker` alone)
 *      COIN-M                                  a, A     best ask and its size    (spot's `ticker` alone)
 *   q  volume, quote currency; on COIN-M base  x        price of the last trade before the 24 hours (spot's `ticker`)
 *      currency, which is not kept             w        average price by volume
 *   n  trades                                  p, P     change and change in percent: follow from the others, not kept
 *   O, C, F, L  begin and end of the 24 hours, first and last trade id in them: not kept
 *
 * miniTicker has E, s, c, o, h, l, v and q of these.
 */
/** @param isContracts sizes count contracts: `q` is no quote volume then */
export function readTicker(row: Row, channel: string, isContracts: boolean): TickerRecord {
  return {
    channel,
    rawSymbol: row.text("s"),
    eventTimeUs: row.unixTimeUs("E"),
    frameIndex: row.frameIndex,
    last: row.number("c"),
    lastSize: row.numberIfAny("Q"),
    bid: row.numberUnlessZero("b"),
    bidSize: row.has("b") ? row.numberIfAny("B") : undefined,
    ask: row.numberUnlessZero("a"),
    askSize: row.has("a") ? row.numberIfAny("A") : undefined,
    open: row.numberIfAny("o"),
    high: row.numberIfAny("h"),
    low: row.numberIfAny("l"),
    volume: row.numberIfAny("v"),
    quoteVolume: isContracts ? undefined : row.numberIfAny("q"),
    vwap: row.numberIfAny("w"),
    trades: row.numberIfAny("n"),
    previousClose: row.numberIfAny("x"),
    period: "24h",
  };
}
