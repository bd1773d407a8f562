import { beginsWith } from "../decode/begins-with.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readMatchBytes } from "./match-bytes.ts";
import { readMatch } from "./match-message.ts";

const CONTROL_TYPES: ReadonlySet<unknown> = new Set(["subscriptions", "heartbeat"]);
/** Of the channels ticker, level2, full, status, auctionfeed and rfq_matches. */
const OTHER_TYPES: ReadonlySet<unknown> = new Set([
  "ticker",
  "snapshot",
  "l2update",
  "received",
  "open",
  "done",
  "change",
  "activate",
  "status",
  "auction",
  "rfq_match",
]);

/**
 * Exchange's frames: flat objects with "type".
 *
 * @see https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 */
export const EXCHANGE_FORMAT: WireFormat = {
  kindOf(message) {
    if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
    const type = message["type"];
    if (type === "match" || type === "last_match") return TRADES;
    if (type === "error") return { kind: "venue_error", detail: "Coinbase reports an error" };
    if (CONTROL_TYPES.has(type)) return CONTROL;
    return OTHER_TYPES.has(type) ? OTHER : unknownMessage("no type that K2 knows");
  },
  isOther: beginsWith(
    '{"type":"l2update"',
    '{"type":"received"',
    '{"type":"open"',
    '{"type":"done"',
    '{"type":"change"',
  ),
  *records(message): Generator<ReadTrade> {
    if (isObject(message)) yield readMatch(message);
  },
  readBytes: readMatchBytes,
};
