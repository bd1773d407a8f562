import { beginsWith } from "../decode/begins-with.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, type MessageKind, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readV2TradeBytes } from "./v2-trade-bytes.ts";
import { readV2Trade } from "./v2-trade-message.ts";

const CONTROL_CHANNELS: ReadonlySet<unknown> = new Set(["heartbeat", "status"]);
const OTHER_CHANNELS: ReadonlySet<unknown> = new Set(["book", "level3", "ticker", "ohlc", "instrument"]);

/** Kraken's v2 frames: objects with "channel" (data) or "method" (answers). */
export const KRAKEN_V2_FORMAT: WireFormat = {
  kindOf(message) {
    if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
    if ("method" in message || "error" in message) return kindOfAnswer(message);
    const channel = message["channel"];
    if (channel === "trade") {
      if (Array.isArray(message["data"]) && (message["type"] === "snapshot" || message["type"] === "update"))
        return TRADES;
      return { kind: "malformed", detail: "a message of channel trade without its data or type" };
    }
    if (CONTROL_CHANNELS.has(channel)) return CONTROL;
    return OTHER_CHANNELS.has(channel) ? OTHER : unknownMessage(`no channel that K2 knows`);
  },
  isOther: beginsWith('{"channel":"book","type":'),
  *records(message): Generator<ReadTrade> {
    if (!isObject(message) || !Array.isArray(message["data"])) return;
    for (const record of message["data"] as unknown[]) yield readV2Trade(record, message["type"] === "snapshot");
  },
  readBytes: readV2TradeBytes,
};

/** {"method":"subscribe","success":true,…}; {"error":"…","method":"subscribe","success":false,…}; {"method":"pong",…} */
function kindOfAnswer(message: JsonObject): MessageKind {
  if (message["success"] === false || "error" in message)
    return { kind: "venue_error", detail: "Kraken refused a request" };
  return CONTROL;
}
