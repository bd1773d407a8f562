import { beginsWith } from "../decode/begins-with.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, type MessageKind, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readV2TradeBytes } from "./trade-bytes.ts";
import { readV2Trade } from "./trade-message.ts";

const OTHER_TOPIC = /^(?:orderBookL2_25|orderBook_200|instrument_info|klineV2|insurance|liquidation)\./;

/** Frames of Bybit's retired v2: objects with "topic" (data) or "request" (answers, which repeat it). */
export const BYBIT_V2_FORMAT: WireFormat = {
  kindOf(message) {
    if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
    const topic = message["topic"];
    if (typeof topic !== "string") return kindOfAnswer(message);
    if (topic.startsWith("trade."))
      return Array.isArray(message["data"]) ? TRADES : { kind: "malformed", detail: "trade without data" };
    return OTHER_TOPIC.test(topic) ? OTHER : unknownMessage("no topic that K2 knows");
  },
  isOther: beginsWith('{"topic":"orderBookL2_25.', '{"topic":"orderBook_200.'),
  *records(message): Generator<ReadTrade> {
    if (!isObject(message) || !Array.isArray(message["data"])) return;
    for (const record of message["data"] as unknown[]) yield readV2Trade(record);
  },
  readBytes: readV2TradeBytes,
};

/** {"success":true,"ret_msg":"","conn_id":"…","request":{"op":"subscribe","args":["trade.BTCUSD"]}} */
function kindOfAnswer(message: JsonObject): MessageKind {
  if (message["success"] === false) return { kind: "venue_error", detail: "Bybit refused a request" };
  return isObject(message["request"]) ? CONTROL : unknownMessage("neither a topic nor an answer");
}
