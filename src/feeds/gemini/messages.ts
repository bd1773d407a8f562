import { isObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readTradeBytes } from "./trade-bytes.ts";
import { readGeminiTrade } from "./trade-message.ts";

const OTHER_TYPE = /^(?:auction_\w+|candles_\w+_updates|mean_price_updates|mark_price_updates)$/;
const CONTROL_TYPES: readonly unknown[] = ["heartbeat", "subscription_ack"];

/**
 * Gemini's v2 frames: flat objects with "type". The first `l2_updates` of a symbol holds its last 50 trades too, the newest
 * first.
 *
 * @see https://docs.gemini.com/websocket/market-data/v2/level-2
 */
export const GEMINI_FORMAT: WireFormat = {
  kindOf(message) {
    if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
    const { type } = message;
    if (type === "trade" || type === "block_trade") return TRADES;
    if (type === "l2_updates") {
      if (!("trades" in message)) return OTHER;
      return Array.isArray(message["trades"]) ? TRADES : { kind: "malformed", detail: "trades are not a list" };
    }
    if (CONTROL_TYPES.includes(type)) return CONTROL;
    if (message["result"] === "error") return { kind: "venue_error", detail: "Gemini refused a request" };
    return typeof type === "string" && OTHER_TYPE.test(type) ? OTHER : unknownMessage("no type that K2 knows");
  },
  *records(message): Generator<ReadTrade> {
    if (!isObject(message)) return;
    const { trades } = message;
    if (message["type"] !== "l2_updates") yield readGeminiTrade(message);
    else if (Array.isArray(trades))
      // Oldest first, as they happened: a row's place in its frame orders what shares a time.
      for (const record of (trades as unknown[]).toReversed()) yield readGeminiTrade(record, { isSnapshot: true });
  },
  readBytes: readTradeBytes,
};
