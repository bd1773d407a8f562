import type { TickerRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";
import { instrumentType } from "./venue-data-channels.ts";

/*
 * Channel "tickers": {"arg":{…},"data":[record]}, every 100 ms at most.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-tickers-channel
 *
 *   instId                          last, lastSz        last trade
 *   bidPx, bidSz, askPx, askSz      open24h, high24h, low24h   of the last 24 hours, as are:
 *   ts   when it was made, ms       vol24h      base currency; contracts on swaps and futures
 *   sodUtc0, sodUtc8: not kept      volCcy24h   quote currency on spot; base currency on others, which is not kept
 */
export function readTicker(row: Row): TickerRecord {
  const rawSymbol = row.text("instId");
  return {
    channel: "tickers",
    rawSymbol,
    eventTimeUs: row.unixTimeUs("ts"),
    frameIndex: row.frameIndex,
    last: row.numberIfAny("last"),
    lastSize: row.numberIfAny("lastSz"),
    bid: row.numberUnlessZero("bidPx"),
    bidSize: row.numberIfAny("bidSz"),
    ask: row.numberUnlessZero("askPx"),
    askSize: row.numberIfAny("askSz"),
    open: row.numberIfAny("open24h"),
    high: row.numberIfAny("high24h"),
    low: row.numberIfAny("low24h"),
    volume: row.numberIfAny("vol24h"),
    quoteVolume: instrumentType(rawSymbol) === "SPOT" ? row.numberIfAny("volCcy24h") : undefined,
    period: "24h",
  };
}
