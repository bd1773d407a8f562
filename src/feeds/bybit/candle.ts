import type { CandleRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";
import { CANDLES } from "./venue-data-channels.ts";

/*
 * Topic "kline.<interval>.<symbol>": {"topic":…,"type":"snapshot","ts":…,"data":[record]}. The topic names the symbol.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/kline
 *
 *   start, end  opening time; the last millisecond in it (not kept)    interval   see the channels
 *   open, high, low, close   prices                                    confirm    it is closed
 *   volume      base currency; contracts of 1 USD on inverse           timestamp  of the last trade in it, ms
 *   turnover    quote currency; on inverse base currency, which is not kept
 */
export function readCandle(
  row: Row,
  {
    channel,
    rawSymbol,
    isInverse,
  }: { readonly channel: string; readonly rawSymbol: string; readonly isInverse: boolean },
): CandleRecord {
  const interval = CANDLES.find(({ name }) => name === `kline.${row.text("interval")}`)?.interval;
  const isClosed = row.raw("confirm");
  if (interval === undefined) row.fail("interval is none of the venue's");
  if (typeof isClosed !== "boolean") row.fail("confirm is neither true nor false");
  return {
    channel,
    rawSymbol,
    eventTimeUs: row.unixTimeUs("timestamp"),
    frameIndex: row.frameIndex,
    interval: interval ?? "",
    startUs: row.unixTimeUs("start"),
    open: row.number("open"),
    high: row.number("high"),
    low: row.number("low"),
    close: row.number("close"),
    volume: row.number("volume"),
    quoteVolume: isInverse ? undefined : row.numberIfAny("turnover"),
    isClosed: isClosed === true,
  };
}
