import { beginsWith } from "../decode/begins-with.ts";
import type { ByteCursor } from "../decode/byte-cursor.ts";
import { FrameIds } from "../decode/frame-ids.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, type MessageKind, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readV1TradeBytes } from "./v1-trade-bytes.ts";
import { readV1Trade } from "./v1-trade-message.ts";

const OPEN_ARRAY = 0x5b;
const CONTROL_EVENTS: ReadonlySet<unknown> = new Set(["heartbeat", "systemStatus", "pong", "subscriptionStatus"]);
/** "book-10", "ohlc-5": the channel's name and its setting. */
const OTHER_CHANNEL = /^(?:ticker|spread|(?:book|ohlc)(?:-\d+)?)$/;

const holdsLevels = beginsWith(',{"a":[', ',{"b":[', ',{"as":[');

/**
 * Kraken's v1 frames: arrays [channelID, payload, (a second payload,) channelName, pair], and objects with "event".
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ws-intro
 */
export const KRAKEN_V1_FORMAT: WireFormat = {
  kindOf(message) {
    if (isObject(message)) return kindOfEvent(message);
    if (!Array.isArray(message) || message.length < 4)
      return { kind: "malformed", detail: "neither an event nor a channel's array" };
    const channel: unknown = message.at(-2);
    if (typeof channel !== "string" || typeof message.at(-1) !== "string")
      return { kind: "malformed", detail: "an array that does not end with a channel and a pair" };
    if (channel === "trade") {
      const isTrades = message.length === 4 && Array.isArray(message[1]);
      return isTrades ? TRADES : { kind: "malformed", detail: "a message of channel trade without its records" };
    }
    return OTHER_CHANNEL.test(channel) ? OTHER : unknownMessage("no channel that K2 knows");
  },
  isOther: isBook,
  *records(message): Generator<ReadTrade> {
    if (!Array.isArray(message)) return;
    const [, records, , pair] = message as readonly unknown[];
    if (!Array.isArray(records) || typeof pair !== "string") return;
    const ids = new FrameIds();
    for (const record of records as readonly unknown[]) yield readV1Trade(record, pair, ids);
  },
  readBytes: readV1TradeBytes,
};

/** Also a ticker: `[42,{"a":[…`; a trade's records are in an array of their own. */
function isBook(cursor: ByteCursor): boolean {
  return cursor.byte(OPEN_ARRAY) && cursor.integer() >= 0 && holdsLevels(cursor);
}

function kindOfEvent(message: JsonObject): MessageKind {
  if (message["status"] === "error" || message["event"] === "error" || "errorMessage" in message)
    return { kind: "venue_error", detail: "Kraken refused a request" };
  return CONTROL_EVENTS.has(message["event"]) ? CONTROL : unknownMessage("no event that K2 knows");
}
