import type { TickerRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/*
 * Channels "ticker" and "ticker_batch" of Exchange; frames of both say {"type":"ticker", …}.
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#ticker-channel
 *
 *   product_id   "BTC-USD"                           price, last_size        of the match that caused it
 *   sequence     the product's message number        side, trade_id          of that match; not kept
 *   time         of the match, RFC 3339              open_24h, low_24h, high_24h, volume_24h   of the last 24 hours;
 *   best_bid, best_ask; best_bid_size,                       volume in base currency
 *   best_ask_size (from 2022 on)                     volume_30d              not kept
 */
export function readExchangeTicker(row: Row, channel: string): TickerRecord {
  return {
    channel,
    rawSymbol: row.text("product_id"),
    ...(row.has("time") ? row.rfc3339("time") : { eventTimeUs: undefined }),
    sequence: row.countIfAny("sequence"),
    frameIndex: row.frameIndex,
    last: row.number("price"),
    lastSize: row.numberIfAny("last_size"),
    bid: row.numberUnlessZero("best_bid"),
    bidSize: row.numberIfAny("best_bid_size"),
    ask: row.numberUnlessZero("best_ask"),
    askSize: row.numberIfAny("best_ask_size"),
    open: row.numberIfAny("open_24h"),
    high: row.numberIfAny("high_24h"),
    low: row.numberIfAny("low_24h"),
    volume: row.numberIfAny("volume_24h"),
    period: "24h",
  };
}
