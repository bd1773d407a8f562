import type { CandleRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";
import { intervalOf } from "./venue-data-channels.ts";

/*
 * Stream `<symbol>@kline_<interval>` (e "kline"): E when the message was made, ms; s symbol; k the candle:
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#klinecandlestick-streams-for-utc
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Kline-Candlestick-Streams
 *
 *   t, T  opening time; closing time, the last millisecond in it: not kept      i  interval
 *   f, L  ids of the first and last trade in it; -1 where there is none         n  trades in it
 *   o, h, l, c  prices                                                          x  it is closed
 *   v, V  volume; of it, what takers bought: base currency; contracts on COIN-M
 *   q, Q  the same in quote currency; on COIN-M in base currency, which is not kept
 *   B     to be ignored
 *
 * In the recording of April 2021 each message of a minute that is wholly there equals the trades with ids up to `L`.
 */
/** @param isContracts sizes count contracts: `q` and `Q` are no quote volumes then */
export function readCandle(row: Row, channel: string, isContracts: boolean): CandleRecord {
  const candle = row.row("k");
  const isClosed = candle.raw("x");
  if (typeof isClosed !== "boolean") candle.fail("x is neither true nor false");
  const record: CandleRecord = {
    channel,
    rawSymbol: row.text("s"),
    eventTimeUs: row.unixTimeUs("E"),
    frameIndex: row.frameIndex,
    interval: intervalOf(candle.text("i")),
    startUs: candle.unixTimeUs("t"),
    open: candle.number("o"),
    high: candle.number("h"),
    low: candle.number("l"),
    close: candle.number("c"),
    volume: candle.number("v"),
    quoteVolume: isContracts ? undefined : candle.numberIfAny("q"),
    trades: candle.numberIfAny("n"),
    buyVolume: candle.numberIfAny("V"),
    buyQuoteVolume: isContracts ? undefined : candle.numberIfAny("Q"),
    firstTradeId: candle.tradeIdIfAny("f"),
    lastTradeId: candle.tradeIdIfAny("L"),
    isClosed: isClosed === true,
  };
  row.adopt(candle);
  return record;
}
