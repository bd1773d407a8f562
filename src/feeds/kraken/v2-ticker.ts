import type { TickerRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/*
 * Channel "ticker", v2: {"channel":"ticker","type":"snapshot"|"update","data":[record]}. Numbers stand bare.
 * https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/ticker
 *
 *   symbol         "BTC/USD"                          last           price of the last trade
 *   bid, bid_qty   best bid and its size              low, high      of the last 24 hours, as are:
 *   ask, ask_qty   best ask and its size              volume         base currency
 *   timestamp      RFC 3339 (from 2025 on)            vwap           average price by volume
 *   change, change_pct   of the last 24 hours: follow from the others, not kept
 */
export function readV2Ticker(row: Row, channel: string): TickerRecord {
  const time = row.has("timestamp") ? row.rfc3339("timestamp") : { eventTimeUs: undefined };
  return {
    channel,
    rawSymbol: row.text("symbol"),
    ...time,
    frameIndex: row.frameIndex,
    last: row.number("last"),
    bid: row.numberUnlessZero("bid"),
    bidSize: row.numberIfAny("bid_qty"),
    ask: row.numberUnlessZero("ask"),
    askSize: row.numberIfAny("ask_qty"),
    high: row.numberIfAny("high"),
    low: row.numberIfAny("low"),
    volume: row.numberIfAny("volume"),
    vwap: row.numberIfAny("vwap"),
    period: "24h",
  };
}
