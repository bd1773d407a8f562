import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import { idNumberOf, type ReadTrade, type TradeFields, type TradeProblem } from "../decode/trade-fields.ts";

/*
 * Feed "trade": one record a frame. Feed "trade_snapshot": {"feed":…,"product_id":…,"trades":[record, …]}
 * https://docs.kraken.com/exchange/api-reference/futures-websocket/trade
 *
 *   product_id  PI_ and FI_ are inverse contracts, PF_ and FF_ those of several collaterals
 *   uid         the trade's id, a UUID
 *   side        the taker's: buy or sell
 *   type        fill; liquidation (of a position, in the book); assignment and termination (a position is handed on, no
 *               match of two orders); block (negotiated off the book)
 *   seq         number of the message among those of the product; orders trades
 *   time        when it happened, ms
 *   qty, price  JSON numbers; qty counts contracts of 1 USD on inverse products, and base currency on the others
 */
export function readFuturesTrade(
  record: unknown,
  { isSnapshot = false }: { readonly isSnapshot?: boolean } = {},
): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object" };
  const rawSymbol = textOf(record["product_id"]);
  if (rawSymbol === undefined) return { problem: "product_id is not a text" };
  const time = unixTime(numberTextOf(record["time"]) ?? "");
  if (time === undefined) return { problem: "time is not a Unix time in milliseconds", rawSymbol };
  const sequence = idNumberOf(numberTextOf(record["seq"]) ?? "");
  if (sequence === undefined) return { problem: "seq is not a number of at most 64 bits", rawSymbol };
  const execution = readExecution(record, "qty", rawSymbol);
  if ("problem" in execution) return execution;
  const flags = execution.flags | (isSnapshot ? TRADE_FLAGS.snapshot : 0);
  return { ...execution, time, sequence, flags };
}

/** What records of the stream and of the history say alike. @param sizeField how the size is called there */
export function readExecution(
  record: JsonObject,
  sizeField: "qty" | "size",
  rawSymbol: string,
): Omit<TradeFields, "time"> | TradeProblem {
  const price = numberTextOf(record["price"]);
  const size = numberTextOf(record[sizeField]);
  if (price === undefined || size === undefined) return { problem: `price or ${sizeField} is not a number`, rawSymbol };
  const side = record["side"];
  if (side !== "buy" && side !== "sell") return { problem: "side is neither buy nor sell", rawSymbol };
  const id = textOf(record["uid"]);
  if (id === undefined) return { problem: "uid is not a text", rawSymbol };
  const flags = typeFlags(record["type"]);
  if (flags === undefined) return { problem: "type is none that K2 knows", rawSymbol };
  return {
    rawSymbol,
    price,
    size,
    side: side === "buy" ? SIDE_BUY : SIDE_SELL,
    id,
    flags: flags | productFlags(rawSymbol),
  };
}

/** What the type of a trade says; undefined for one that is not documented. */
function typeFlags(type: unknown): number | undefined {
  switch (type) {
    case "fill":
    case "liquidation":
      return 0;
    case "assignment":
    case "termination":
      return TRADE_FLAGS.nonMarket;
    case "block":
      return TRADE_FLAGS.block;
    default:
      return undefined;
  }
}

function productFlags(productId: string): number {
  return productId.startsWith("PI_") || productId.startsWith("FI_") ? TRADE_FLAGS.contracts : 0;
}
