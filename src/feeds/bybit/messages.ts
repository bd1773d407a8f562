import { beginsWith } from "../decode/begins-with.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, type MessageKind, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readPublicTradeBytes } from "./trade-bytes.ts";
import { readPublicTrade } from "./trade-message.ts";

const OTHER_TOPIC =
  /^(?:orderbook|tickers|kline|liquidation|allLiquidation|insurance|adlAlert|priceLimit|lt|kline_lt|tickers_lt)\./;

const isBook = beginsWith('{"topic":"orderbook.');

/**
 * Bybit's v5 public frames: objects with "topic" (data) or "op" (answers).
 *
 * @param marketFlags bits of TRADE_FLAGS that hold for every trade of the market
 * @see https://bybit-exchange.github.io/docs/v5/ws/connect
 */
export function bybitFormat({ marketFlags }: { readonly marketFlags: number }): WireFormat {
  return {
    kindOf,
    isOther: isBook,
    *records(message): Generator<ReadTrade> {
      if (!isObject(message) || !Array.isArray(message["data"])) return;
      for (const record of message["data"] as unknown[]) yield readPublicTrade(record, marketFlags);
    },
    readBytes: (cursor, trades) => readPublicTradeBytes(cursor, trades, marketFlags),
  };
}

function kindOf(message: unknown): MessageKind {
  if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
  const topic = message["topic"];
  if (typeof topic !== "string") return kindOfAnswer(message);
  if (topic.startsWith("publicTrade."))
    return Array.isArray(message["data"]) ? TRADES : { kind: "malformed", detail: "publicTrade without data" };
  return OTHER_TOPIC.test(topic) ? OTHER : unknownMessage("no topic that K2 knows");
}

/** {"success":true,"ret_msg":"","conn_id":"…","req_id":"…","op":"subscribe"}; a pong is {"success":true,"ret_msg":"pong",…}. */
function kindOfAnswer(message: JsonObject): MessageKind {
  if (message["success"] === false) return { kind: "venue_error", detail: "Bybit refused a request" };
  return typeof message["op"] === "string" ? CONTROL : unknownMessage("neither a topic nor an answer");
}
