import type { CandleRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";
import type { MessageHead } from "./advanced-ticker.ts";

/*
 * Channel "candles": {"channel":"candles","timestamp":…,"sequence_num":…,"events":[{"type":…,"candles":[record, …]}]}.
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels#candles-channel
 *
 *   start  opening time, Unix seconds in quotes     open, high, low, close   prices
 *   product_id                                      volume                   base currency
 *
 * Always five minutes. Nothing says that a candle is closed; the snapshot brings some hundred of the past, and none where
 * nothing traded.
 */
export function readAdvancedCandle(row: Row, channel: string, head: MessageHead): CandleRecord {
  return {
    channel,
    rawSymbol: row.text("product_id"),
    ...head,
    frameIndex: row.frameIndex,
    interval: "5m",
    startUs: row.unixSecondsUs("start"),
    open: row.number("open"),
    high: row.number("high"),
    low: row.number("low"),
    close: row.number("close"),
    volume: row.number("volume"),
  };
}
