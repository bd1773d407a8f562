import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { rfc3339Time } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";

/*
 * Channel "trade": {"channel":"trade","type":"snapshot"|"update","data":[record, …]}.
 * https://docs.kraken.com/api/docs/websocket-v2/trade
 *
 *   symbol     "BTC/USD": no XBT, no XDG here
 *   side       the taker's: "buy" or "sell" ("Taker order direction")
 *   price,     JSON numbers, not texts: their own digits are taken, because a double would round
 *   qty        the tenth decimal away; qty is in the base currency
 *   ord_type   the taker's order type; not kept
 *   trade_id   a sequence number, unique per book
 *   timestamp  RFC 3339, microseconds
 *
 * A snapshot repeats the last 50 trades; see docs/decisions/0010-what-counts-as-a-trade.md.
 */
export function readV2Trade(record: unknown, isSnapshot: boolean): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object" };
  const rawSymbol = textOf(record["symbol"]);
  if (rawSymbol === undefined) return { problem: "symbol is not a text" };
  const price = numberTextOf(record["price"]);
  const size = numberTextOf(record["qty"]);
  if (price === undefined || size === undefined) return { problem: "price or qty is not a number", rawSymbol };
  const side = record["side"];
  if (side !== "buy" && side !== "sell") return { problem: "side is neither buy nor sell", rawSymbol };
  const id = numberTextOf(record["trade_id"]);
  if (id === undefined || !/^-?\d+$/.test(id)) return { problem: "trade_id is not a whole number", rawSymbol };
  const time = rfc3339Time(textOf(record["timestamp"]) ?? "");
  if (time === undefined) return { problem: "timestamp is not an RFC 3339 time", rawSymbol };
  return {
    rawSymbol,
    price,
    size,
    side: side === "buy" ? SIDE_BUY : SIDE_SELL,
    time,
    id,
    flags: isSnapshot ? TRADE_FLAGS.snapshot : 0,
  };
}
