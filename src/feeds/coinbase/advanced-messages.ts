import { beginsWith } from "../decode/begins-with.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readMarketTradeBytes } from "./market-trade-bytes.ts";
import { readMarketTrade } from "./market-trade-message.ts";

const CONTROL_CHANNELS: ReadonlySet<unknown> = new Set(["subscriptions", "heartbeats"]);
const OTHER_CHANNELS: ReadonlySet<unknown> = new Set([
  "l2_data",
  "ticker",
  "ticker_batch",
  "candles",
  "status",
  "user",
  "futures_balance_summary",
]);

/**
 * Advanced Trade's frames: objects with "channel", or {"type":"error","message":…}.
 *
 * @see https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels
 */
export const ADVANCED_FORMAT: WireFormat = {
  kindOf(message) {
    if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
    if (message["type"] === "error") return { kind: "venue_error", detail: "Coinbase reports an error" };
    const channel = message["channel"];
    if (channel === "market_trades") {
      const isTrades = Array.isArray(message["events"]) && message["events"].every(isTradesEvent);
      return isTrades ? TRADES : { kind: "malformed", detail: "a message of market_trades without its trades" };
    }
    if (CONTROL_CHANNELS.has(channel)) return CONTROL;
    return OTHER_CHANNELS.has(channel) ? OTHER : unknownMessage("no channel that K2 knows");
  },
  isOther: beginsWith('{"channel":"l2_data"'),
  *records(message): Generator<ReadTrade> {
    if (!isObject(message) || !Array.isArray(message["events"])) return;
    for (const event of message["events"] as unknown[]) {
      if (!isTradesEvent(event)) continue;
      for (const record of event.trades) yield readMarketTrade(record, event.type === "snapshot");
    }
  },
  readBytes: readMarketTradeBytes,
};

interface TradesEvent {
  readonly type: "snapshot" | "update";
  readonly trades: readonly unknown[];
}

function isTradesEvent(event: unknown): event is TradesEvent {
  return (
    isObject(event) && (event["type"] === "snapshot" || event["type"] === "update") && Array.isArray(event["trades"])
  );
}
