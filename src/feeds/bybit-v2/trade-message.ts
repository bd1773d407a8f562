import { type Instant, SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { rfc3339Time, unixTime } from "../decode/times-in-text.ts";
import { idNumberOf, type ReadTrade } from "../decode/trade-fields.ts";

/*
 * Topic "trade.<symbol>": {"topic":…,"data":[record, …]}. Its documentation went with it; each field's meaning is held
 * by a recording of 2021 and by another implementation's reading of messages since 2019 (message-pairs.test.ts).
 *
 *   trade_time_ms   when the trade happened, ms (absent in 2019: then `timestamp`, in whole seconds)
 *   timestamp       the same second, RFC 3339
 *   symbol          BTCUSD
 *   side            the taker's, "Buy" or "Sell"
 *   size            contracts of 1 USD, a JSON number
 *   price           a JSON number
 *   tick_direction  of the price; not kept
 *   trade_id        a UUID
 *   cross_seq       the order of a symbol's trades; several may share one
 */
export function readV2Trade(record: unknown): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object" };
  const rawSymbol = textOf(record["symbol"]);
  if (rawSymbol === undefined) return { problem: "symbol is not a text" };
  const price = numberTextOf(record["price"]);
  const size = numberTextOf(record["size"]);
  if (price === undefined || size === undefined) return { problem: "price or size is not a number", rawSymbol };
  const side = record["side"];
  if (side !== "Buy" && side !== "Sell") return { problem: "side is neither Buy nor Sell", rawSymbol };
  const id = textOf(record["trade_id"]);
  if (id === undefined) return { problem: "trade_id is not a text", rawSymbol };
  const time = timeOf(record);
  if (time === undefined) return { problem: "neither trade_time_ms nor timestamp is a time", rawSymbol };
  const sequence = idNumberOf(numberTextOf(record["cross_seq"]) ?? "");
  if (sequence === undefined && "cross_seq" in record)
    return { problem: "cross_seq is not a number of at most 64 bits", rawSymbol };
  return {
    rawSymbol,
    price,
    size,
    side: side === "Buy" ? SIDE_BUY : SIDE_SELL,
    time,
    id,
    sequence,
    flags: TRADE_FLAGS.contracts,
  };
}

function timeOf(record: JsonObject): Instant | undefined {
  return "trade_time_ms" in record
    ? unixTime(numberTextOf(record["trade_time_ms"]) ?? "")
    : rfc3339Time(textOf(record["timestamp"]) ?? "");
}
