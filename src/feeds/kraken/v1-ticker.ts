import type { TickerRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/*
 * Channel "ticker", v1: [channelID, record, "ticker", pair].
 * https://docs.kraken.com/api/docs/websocket-v1/ticker
 *
 *   a, b   best ask and bid: [price, whole lots (a number, not kept), size]
 *   c      last trade: [price, size]
 *   v, p, t, l, h, o   volume, average price by volume, trades, low, high, open: [today (UTC), last 24 hours]; the
 *                      second is kept, for it is what the other protocols and venues tell
 *
 * The message has no time.
 */
export function readV1Ticker(row: Row, channel: string, pair: string): TickerRecord {
  const field = (key: string): Row => row.row(key);
  const rows = { ask: field("a"), bid: field("b"), close: field("c"), volume: field("v"), average: field("p") };
  const rest = { trades: field("t"), low: field("l"), high: field("h"), open: field("o") };
  const record: TickerRecord = {
    channel,
    rawSymbol: pair,
    eventTimeUs: undefined,
    frameIndex: row.frameIndex,
    last: rows.close.number(0),
    lastSize: rows.close.numberIfAny(1),
    bid: rows.bid.numberUnlessZero(0),
    bidSize: rows.bid.numberIfAny(2),
    ask: rows.ask.numberUnlessZero(0),
    askSize: rows.ask.numberIfAny(2),
    open: rest.open.numberIfAny(1),
    high: rest.high.numberIfAny(1),
    low: rest.low.numberIfAny(1),
    volume: rows.volume.numberIfAny(1),
    vwap: rows.average.numberIfAny(1),
    trades: rest.trades.numberIfAny(1),
    period: "24h",
  };
  for (const inner of [...Object.values(rows), ...Object.values(rest)]) row.adopt(inner);
  return record;
}
