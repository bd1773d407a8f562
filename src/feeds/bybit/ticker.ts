import type { TickerRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/** What all records of one message share. */
export interface MessageHead {
  readonly channel: string;
  readonly eventTimeUs: number;
  readonly sequence: number | undefined;
  /** A field that is absent is as it was before. */
  readonly isDelta: boolean;
}

const FIELDS = [
  "lastPrice",
  "bid1Price",
  "bid1Size",
  "ask1Price",
  "ask1Size",
  "prevPrice24h",
  "highPrice24h",
  "lowPrice24h",
  "volume24h",
  "turnover24h",
] as const;

/** Whether a message tells any field of the ticker: a delta may be about the mark price alone. */
export function hasTicker(row: Row): boolean {
  return FIELDS.some((field) => row.has(field));
}

/*
 * Topic "tickers.<symbol>": {"topic":…,"type":"snapshot"|"delta","data":record,"cs":…,"ts":…}; spot sends snapshots alone.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
 *
 *   symbol                                      lastPrice                  of the last trade
 *   bid1Price, bid1Size, ask1Price, ask1Size    prevPrice24h               24 hours ago: what the 24 hours open with
 *          (contracts)                          highPrice24h, lowPrice24h  of the last 24 hours, as are:
 *   ts     when it was made, ms                 volume24h     base currency; contracts of 1 USD on inverse
 *   cs     cross sequence                       turnover24h   quote currency; on inverse base currency, which is not kept
 *   prevPrice1h, tickDirection, price24hPcnt, usdIndexPrice, preOpenPrice, …   not kept; see funding.ts for others
 */
export function readTicker(row: Row, head: MessageHead, { isInverse }: { readonly isInverse: boolean }): TickerRecord {
  return {
    ...head,
    rawSymbol: row.text("symbol"),
    frameIndex: row.frameIndex,
    last: row.numberIfAny("lastPrice"),
    bid: row.numberUnlessZero("bid1Price"),
    bidSize: row.numberIfAny("bid1Size"),
    ask: row.numberUnlessZero("ask1Price"),
    askSize: row.numberIfAny("ask1Size"),
    open: row.numberUnlessZero("prevPrice24h"),
    high: row.numberIfAny("highPrice24h"),
    low: row.numberIfAny("lowPrice24h"),
    volume: row.numberIfAny("volume24h"),
    quoteVolume: isInverse ? undefined : row.numberIfAny("turnover24h"),
    period: "24h",
  };
}
