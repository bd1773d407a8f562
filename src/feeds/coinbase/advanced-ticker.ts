import type { TickerRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/** When an Advanced Trade message was sent, and its number on the connection. */
export interface MessageHead {
  readonly eventTimeUs: number;
  readonly eventTimeNanos: number;
  readonly sequence: number | undefined;
}

/*
 * Channels "ticker" and "ticker_batch": {"channel":…,"timestamp":…,"sequence_num":…,"events":[{"type":…,"tickers":[record]}]}.
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels#ticker-channel
 *
 *   product_id    "BTC-USD"                            price   of the last trade
 *   best_bid, best_bid_quantity,                       volume_24_h, low_24_h, high_24_h   of the last 24 hours; volume
 *   best_ask, best_ask_quantity   absent in batches           in base currency
 *   low_52_w, high_52_w, price_percent_chg_24_h: not kept
 *
 * A record has no time of its own: the message's is taken.
 */
export function readAdvancedTicker(row: Row, channel: string, head: MessageHead): TickerRecord {
  return {
    channel,
    rawSymbol: row.text("product_id"),
    ...head,
    frameIndex: row.frameIndex,
    last: row.number("price"),
    bid: row.numberUnlessZero("best_bid"),
    bidSize: row.numberIfAny("best_bid_quantity"),
    ask: row.numberUnlessZero("best_ask"),
    askSize: row.numberIfAny("best_ask_quantity"),
    high: row.numberIfAny("high_24_h"),
    low: row.numberIfAny("low_24_h"),
    volume: row.numberIfAny("volume_24_h"),
    period: "24h",
  };
}
