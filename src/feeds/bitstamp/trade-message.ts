import { SIDE_BUY, SIDE_SELL } from "../../domain/index.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";

/*
 * {"data":{…},"channel":"live_trades_<pair>","event":"trade"}
 * https://www.bitstamp.net/websocket/v2/, channel "Live ticker"
 *
 *   id                      trade id, a number
 *   price_str, amount_str   texts; `price` and `amount` are the same as JSON numbers, and not read
 *   type                    the taker's side: 0 buy, 1 sell
 *   microtimestamp          when it happened, microseconds, as text; `timestamp` is the same in seconds
 *   buy_order_id, sell_order_id   not kept
 */
export function readLiveTrade(message: JsonObject): ReadTrade {
  const rawSymbol = (textOf(message["channel"]) ?? "").slice("live_trades_".length);
  const { data } = message;
  if (!isObject(data)) return { problem: "data is not an object", rawSymbol };
  const price = textOf(data["price_str"]);
  const size = textOf(data["amount_str"]);
  if (price === undefined || size === undefined) return { problem: "price_str or amount_str is not a text", rawSymbol };
  const type = numberTextOf(data["type"]);
  if (type !== "0" && type !== "1") return { problem: "type is neither 0 (buy) nor 1 (sell)", rawSymbol };
  const id = numberTextOf(data["id"]);
  if (id === undefined) return { problem: "id is not a number", rawSymbol };
  const time = unixTime(textOf(data["microtimestamp"]) ?? "");
  if (time === undefined) return { problem: "microtimestamp is not a Unix time in microseconds as text", rawSymbol };
  return { rawSymbol, price, size, side: type === "0" ? SIDE_BUY : SIDE_SELL, time, id, flags: 0 };
}
