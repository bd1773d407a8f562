import { beginsWith } from "../decode/begins-with.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, type MessageKind, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readTradeBytes } from "./trade-bytes.ts";
import { readFuturesTrade } from "./trade-message.ts";

const OTHER_FEEDS: readonly unknown[] = ["book", "book_snapshot", "ticker", "ticker_lite"];
const CONTROL_EVENTS: readonly unknown[] = ["subscribed", "unsubscribed", "info"];
const REFUSALS: readonly unknown[] = ["error", "alert", "subscribed_failed", "unsubscribed_failed"];

/**
 * Kraken Futures' frames: flat objects with "feed" (data) or "event" (answers and notices). On subscribing the last 100
 * trades come in one `trade_snapshot`, the newest first.
 *
 * @see https://docs.kraken.com/exchange/api-reference/futures-websocket/trade
 */
export const KRAKEN_FUTURES_FORMAT: WireFormat = {
  kindOf(message) {
    if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
    if ("event" in message) return kindOfEvent(message);
    const { feed } = message;
    if (feed === "trade") return TRADES;
    if (feed === "trade_snapshot")
      return Array.isArray(message["trades"]) ? TRADES : { kind: "malformed", detail: "trade_snapshot without trades" };
    if (feed === "heartbeat") return CONTROL;
    return OTHER_FEEDS.includes(feed) ? OTHER : unknownMessage("no feed that K2 knows");
  },
  isOther: beginsWith('{"feed":"book","product_id":', '{"feed":"book_snapshot","product_id":'),
  *records(message): Generator<ReadTrade> {
    if (!isObject(message)) return;
    const trades = message["trades"];
    if (message["feed"] === "trade") yield readFuturesTrade(message);
    else if (Array.isArray(trades))
      // Oldest first, as they happened: a row's place in its frame orders what shares a time.
      for (const record of (trades as unknown[]).toReversed()) yield readFuturesTrade(record, { isSnapshot: true });
  },
  readBytes: readTradeBytes,
};

function kindOfEvent({ event }: JsonObject): MessageKind {
  if (REFUSALS.includes(event)) return { kind: "venue_error", detail: "Kraken Futures refused a request" };
  return CONTROL_EVENTS.includes(event) ? CONTROL : unknownMessage("no event that K2 knows");
}
