import { isObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, type MessageKind, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readTradeBytes } from "./trade-bytes.ts";
import { readLiveTrade } from "./trade-message.ts";

export const TRADES_PREFIX = "live_trades_";
const OTHER_CHANNEL = /^(?:live_orders|order_book|detail_order_book|diff_order_book|funding_rate|fr_perp)_/;
const CONTROL_EVENTS: readonly unknown[] = [
  "bts:subscription_succeeded",
  "bts:unsubscription_succeeded",
  "bts:heartbeat",
  "bts:request_reconnect",
];

/**
 * Bitstamp's frames: objects with "event", "channel" (its name and the pair) and "data".
 *
 * @see https://www.bitstamp.net/websocket/v2/
 */
export const BITSTAMP_FORMAT: WireFormat = {
  kindOf(message) {
    if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
    const { event, channel } = message;
    if (CONTROL_EVENTS.includes(event)) return CONTROL;
    if (event === "bts:error") return { kind: "venue_error", detail: "Bitstamp refused a request" };
    if (typeof channel !== "string") return unknownMessage("neither a channel nor an event that K2 knows");
    return channel.startsWith(TRADES_PREFIX) ? kindOfTrades(event) : kindOfOthers(channel);
  },
  *records(message): Generator<ReadTrade> {
    if (isObject(message)) yield readLiveTrade(message);
  },
  readBytes: readTradeBytes,
};

function kindOfTrades(event: unknown): MessageKind {
  return event === "trade" ? TRADES : unknownMessage("no event of live_trades that K2 knows");
}

function kindOfOthers(channel: string): MessageKind {
  return OTHER_CHANNEL.test(channel) ? OTHER : unknownMessage("no channel that K2 knows");
}
