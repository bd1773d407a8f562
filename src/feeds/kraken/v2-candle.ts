import type { CandleRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";
import { intervalOf } from "./venue-data-channels.ts";

/*
 * Channel "ohlc", v2: {"channel":"ohlc","type":…,"timestamp":…,"data":[record, …]}. Numbers stand bare.
 * https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/ohlc
 *
 *   symbol          "BTC/USD"                    open, high, low, close   prices
 *   interval        minutes                      volume                   base currency
 *   interval_begin  RFC 3339, nanoseconds        vwap, trades             average price by volume; how many trades
 *   timestamp       of the record: the end of the interval, deprecated, not kept; of the message: when it was sent
 *
 * Nothing says that a candle is closed: it is when the next one begins.
 */
/** @param message the frame, for its time */
export function readV2Candle(row: Row, message: Row): CandleRecord {
  const minutes = row.number("interval");
  const interval = intervalOf(minutes);
  if (interval === undefined) row.fail("interval is none of the venue's");
  const time = message.has("timestamp") ? message.rfc3339("timestamp") : { eventTimeUs: undefined };
  row.adopt(message);
  return {
    channel: `ohlc-${minutes}`,
    rawSymbol: row.text("symbol"),
    ...time,
    frameIndex: row.frameIndex,
    interval: interval ?? "",
    startUs: row.rfc3339("interval_begin").eventTimeUs,
    open: row.number("open"),
    high: row.number("high"),
    low: row.number("low"),
    close: row.number("close"),
    volume: row.number("volume"),
    trades: row.numberIfAny("trades"),
    vwap: row.numberIfAny("vwap"),
  };
}
