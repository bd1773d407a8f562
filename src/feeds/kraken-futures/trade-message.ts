import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import { idNumberOf, type ReadTrade } from "../decode/trade-fields.ts";

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
  const price = numberTextOf(record["price"]);
  const size = numberTextOf(record["qty"]);
  if (price === undefined || size === undefined) return { problem: "price or qty is not a number", rawSymbol };
  const side = record["side"];
  if (side !== "buy" && side !== "sell") return { problem: "side is neither buy nor sell", rawSymbol };
  const id = textOf(record["uid"]);
  if (id === undefined) return { problem: "uid is not a text", rawSymbol };
  const time = unixTime(numberTextOf(record["time"]) ?? "");
  if (time === undefined) return { problem: "time is not a Unix time in milliseconds", rawSymbol };
  const sequence = idNumberOf(numberTextOf(record["seq"]) ?? "");
  if (sequence === undefined) return { problem: "seq is not a number of at most 64 bits", rawSymbol };
  const flags = typeFlags(record["type"]);
  if (flags === undefined) return { problem: "type is none that K2 knows", rawSymbol };
  return {
    rawSymbol,
    price,
    size,
    side: side === "buy" ? SIDE_BUY : SIDE_SELL,
    time,
    id,
    sequence,
    flags: flags | productFlags(rawSymbol) | (isSnapshot ? TRADE_FLAGS.snapshot : 0),
  };
}

/** What the type of a trade says; undefined for one that is not documented. */
export function typeFlags(type: unknown): number | undefined {
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

export function productFlags(productId: string): number {
  return productId.startsWith("PI_") || productId.startsWith("FI_") ? TRADE_FLAGS.contracts : 0;
}
