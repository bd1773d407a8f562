import type { CandleRecord } from "../../domain/index.ts";
import { decimalSeconds } from "../decode/times-in-text.ts";
import type { Row } from "../venue-data/row.ts";
import { intervalOf } from "./venue-data-channels.ts";

const MINUTE_US = 60_000_000;

/*
 * Channel "ohlc-<minutes>", v1: [channelID, [time, etime, open, high, low, close, vwap, volume, count], "ohlc-5", pair].
 * https://docs.kraken.com/api/docs/websocket-v1/ohlc
 *
 *   time   of the last trade in it, Unix seconds      open, high, low, close   prices
 *   etime  end of the interval, Unix seconds;         vwap    average price by volume
 *          the venue's example has a fraction         volume  base currency
 *          of a second there, which means nothing     count   trades
 */
export function readV1Candle(row: Row, channel: string, pair: string): CandleRecord {
  const minutes = channel.slice("ohlc-".length);
  const interval = intervalOf(minutes);
  const time = decimalSeconds(row.text(0));
  const end = decimalSeconds(row.text(1));
  const startUs = Math.floor((end?.us ?? 0) / MINUTE_US) * MINUTE_US - Number(minutes) * MINUTE_US;
  if (time === undefined || end === undefined || startUs < 0) row.fail("0 or 1 is not a Unix time");
  return {
    channel,
    rawSymbol: pair,
    eventTimeUs: time?.us,
    eventTimeNanos: time?.nanos,
    frameIndex: row.frameIndex,
    interval: interval ?? "",
    startUs,
    open: row.number(2),
    high: row.number(3),
    low: row.number(4),
    close: row.number(5),
    vwap: row.numberIfAny(6),
    volume: row.number(7),
    trades: row.numberIfAny(8),
  };
}
