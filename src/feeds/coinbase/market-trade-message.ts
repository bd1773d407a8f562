import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, textOf } from "../decode/lexeme-json.ts";
import { rfc3339Time } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";

/*
 * Advanced Trade, channel "market_trades":
 * {"channel":"market_trades","timestamp":…,"sequence_num":…,"events":[{"type":"snapshot"|"update","trades":[record, …]}]}
 * https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/websocket/market-trades.md
 *
 *   product_id  "BTC-USD"            size  in base, decimal text
 *   trade_id    decimal text; the    time  RFC 3339, up to nine decimals
 *               same as on Exchange  side  the MAKER's, "BUY" or "SELL": the taker's is the other one
 *   price       decimal text
 *
 * `side`: in the recording of 2026-08-09 each of the 56 trades that a book stood before was printed at the best bid
 * with side BUY or at the best ask with side SELL, so it is who rested (proved again in coinbase.test.ts). Exchange
 * documents the same for its trades ("The side of a trade indicates the maker order side"), and nautilus_trader
 * (coinbase_side_to_aggressor) and bbgo (pull request 2509) came to the same.
 *
 * A snapshot repeats 100 trades of each product; see docs/decisions/0010-what-counts-as-a-trade.md.
 */
export function readMarketTrade(record: unknown, isSnapshot: boolean): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object" };
  const rawSymbol = textOf(record["product_id"]);
  if (rawSymbol === undefined) return { problem: "product_id is not a text" };
  const price = textOf(record["price"]);
  const size = textOf(record["size"]);
  if (price === undefined || size === undefined) return { problem: "price or size is not a text", rawSymbol };
  const makerSide = record["side"];
  if (makerSide !== "BUY" && makerSide !== "SELL") return { problem: "side is neither BUY nor SELL", rawSymbol };
  const id = textOf(record["trade_id"]);
  if (id === undefined) return { problem: "trade_id is not a text", rawSymbol };
  const time = rfc3339Time(textOf(record["time"]) ?? "");
  if (time === undefined) return { problem: "time is not an RFC 3339 time", rawSymbol };
  return {
    rawSymbol,
    price,
    size,
    side: makerSide === "BUY" ? SIDE_SELL : SIDE_BUY,
    time,
    id,
    flags: isSnapshot ? TRADE_FLAGS.snapshot : 0,
  };
}
