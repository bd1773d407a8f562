import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import { idNumberOf, type ReadTrade } from "../decode/trade-fields.ts";

/*
 * Topic "publicTrade.<symbol>": {"topic":…,"type":"snapshot","ts":…,"data":[record, …]}, at most 1024 records a frame.
 * "snapshot" is what the venue calls every message of this topic: the records are new trades.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/trade
 *
 *   T    when the trade happened, ms           i    trade id: digits on spot, a UUID on contracts
 *   s    symbol                                BT   a block trade
 *   S    the taker's side, "Buy" or "Sell"     RPI  a retail price improvement trade (absent before 2025)
 *   v    size (USD on inverse), decimal text     seq  cross sequence: the order of a symbol's trades; several may share
 *   p    price, decimal text                        one (absent before 2025)
 *   L    direction of the price; not kept
 */
export function readPublicTrade(record: unknown, marketFlags: number): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object" };
  const rawSymbol = textOf(record["s"]);
  if (rawSymbol === undefined) return { problem: "s is not a text" };
  const price = textOf(record["p"]);
  const size = textOf(record["v"]);
  if (price === undefined || size === undefined) return { problem: "p or v is not a text", rawSymbol };
  const side = record["S"];
  if (side !== "Buy" && side !== "Sell") return { problem: "S is neither Buy nor Sell", rawSymbol };
  const id = textOf(record["i"]);
  if (id === undefined) return { problem: "i is not a text", rawSymbol };
  const time = unixTime(numberTextOf(record["T"]) ?? "");
  if (time === undefined) return { problem: "T is not a Unix time in milliseconds", rawSymbol };
  const sequence = idNumberOf(numberTextOf(record["seq"]) ?? "");
  if (sequence === undefined && "seq" in record)
    return { problem: "seq is not a number of at most 64 bits", rawSymbol };
  const flags = flagsOf(record);
  if (flags === undefined) return { problem: "BT or RPI is neither true nor false", rawSymbol };
  return {
    rawSymbol,
    price,
    size,
    side: side === "Buy" ? SIDE_BUY : SIDE_SELL,
    time,
    id,
    sequence,
    flags: flags | marketFlags,
  };
}

function flagsOf(record: JsonObject): number | undefined {
  const { BT: block = false, RPI: improvement = false } = record as { BT?: unknown; RPI?: unknown };
  if (typeof block !== "boolean" || typeof improvement !== "boolean") return undefined;
  return (block ? TRADE_FLAGS.block : 0) | (improvement ? TRADE_FLAGS.retailImprovement : 0);
}
