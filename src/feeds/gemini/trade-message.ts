import { SIDE_BUY, SIDE_SELL, SIDE_UNKNOWN, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";

/*
 * {"type":"trade","symbol":"BTCUSD","event_id":…,"timestamp":…,"price":"…","quantity":"…","side":"buy"}, by itself or in
 * the list "trades" of an `l2_updates`; "block_trade" the same, negotiated off the book
 * https://docs.gemini.com/websocket/market-data/v2/level-2
 *
 *   event_id         the trade's id, a number of one sequence over all that happens at the venue
 *   timestamp        when it happened, ms
 *   price, quantity  texts
 *   side             the taker's: buy or sell. Block trades have none
 */
export function readGeminiTrade(
  record: unknown,
  { isSnapshot = false }: { readonly isSnapshot?: boolean } = {},
): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object" };
  const rawSymbol = textOf(record["symbol"]);
  if (rawSymbol === undefined) return { problem: "symbol is not a text" };
  const price = textOf(record["price"]);
  const size = textOf(record["quantity"]);
  if (price === undefined || size === undefined) return { problem: "price or quantity is not a text", rawSymbol };
  const isBlock = record["type"] === "block_trade";
  const side = sideOf(record["side"], isBlock);
  if (side === undefined) return { problem: "side is neither buy nor sell", rawSymbol };
  const id = numberTextOf(record["event_id"]);
  if (id === undefined) return { problem: "event_id is not a number", rawSymbol };
  const time = unixTime(numberTextOf(record["timestamp"]) ?? "");
  if (time === undefined) return { problem: "timestamp is not a Unix time in milliseconds", rawSymbol };
  const flags = (isBlock ? TRADE_FLAGS.block : 0) | (isSnapshot ? TRADE_FLAGS.snapshot : 0);
  return { rawSymbol, price, size, side, time, id, flags };
}

function sideOf(side: unknown, isBlock: boolean): number | undefined {
  if (side === "buy") return SIDE_BUY;
  if (side === "sell") return SIDE_SELL;
  return isBlock && side === undefined ? SIDE_UNKNOWN : undefined;
}
