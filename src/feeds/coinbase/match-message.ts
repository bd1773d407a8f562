import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import { type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { rfc3339Time } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";

/*
 * Exchange, channel "matches": one trade a message.
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#matches-channel
 *
 *   type        "match"; "last_match" for the last trade before the subscription
 *   trade_id    a number, one more for each trade of the product; the same as on Advanced Trade
 *   side        the MAKER's, "buy" or "sell" ("The side field indicates the maker order side"): the taker's is the other
 *   size        in base, decimal text      product_id  "BTC-USD"
 *   price       decimal text               time        RFC 3339, up to nine decimals
 *   sequence    of all messages of the product, not of its trades; not kept: the trade id orders the trades
 *   maker_order_id, taker_order_id         not kept
 */
export function readMatch(message: JsonObject): ReadTrade {
  const rawSymbol = textOf(message["product_id"]);
  if (rawSymbol === undefined) return { problem: "product_id is not a text" };
  const price = textOf(message["price"]);
  const size = textOf(message["size"]);
  if (price === undefined || size === undefined) return { problem: "price or size is not a text", rawSymbol };
  const makerSide = message["side"];
  if (makerSide !== "buy" && makerSide !== "sell") return { problem: "side is neither buy nor sell", rawSymbol };
  const id = numberTextOf(message["trade_id"]);
  if (id === undefined || !/^-?\d+$/.test(id)) return { problem: "trade_id is not a whole number", rawSymbol };
  const time = rfc3339Time(textOf(message["time"]) ?? "");
  if (time === undefined) return { problem: "time is not an RFC 3339 time", rawSymbol };
  return {
    rawSymbol,
    price,
    size,
    side: makerSide === "buy" ? SIDE_SELL : SIDE_BUY,
    time,
    id,
    flags: message["type"] === "last_match" ? TRADE_FLAGS.snapshot : 0,
  };
}
