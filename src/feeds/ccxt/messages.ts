import { FrameIds } from "../decode/frame-ids.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, type MessageKind, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { BOOK_CHANNEL, CHANNELS } from "./channels.ts";
import { readCcxtTrade } from "./trade-message.ts";

/*
 * Frames of K2's adapter, which are no venue's:
 *
 *   {"ccxt":"4.5.84","exchange":"kraken","subscribed":"trades","symbol":"BTC/USD"}
 *   {"ccxt":…,"exchange":…,"refused":"trades","symbol":…,"reason":"BadSymbol: …"}
 *   {"ccxt":…,"exchange":…,"method":"watchTrades","channel":"trades","symbol":…,"contract":false,"result":[trade,…]}
 *   {…,"method":"watchOrderBook","channel":"order-book",…,"result":{"bids":[[price,size],…],"asks":[…],"timestamp":…,"nonce":…}}
 *
 * `result` is ccxt's: https://docs.ccxt.com/#/?id=trade-structure
 */
export function ccxtFormat({ channels }: { readonly channels: readonly string[] }): WireFormat {
  return {
    kindOf: (message) => kindOf(message, channels),
    *records(message): Generator<ReadTrade> {
      if (!isObject(message) || !Array.isArray(message["result"])) return;
      const ids = new FrameIds();
      for (const record of message["result"] as readonly unknown[]) yield readCcxtTrade(record, message, ids);
    },
    readBytes: () => false,
  };
}

function kindOf(message: unknown, channels: readonly string[]): MessageKind {
  if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
  const { channel } = message;
  if (typeof channel === "string") return kindOfResult(channel, message["result"], channels);
  if (typeof message["refused"] === "string") return { kind: "venue_error", detail: "ccxt refused a symbol" };
  return typeof message["subscribed"] === "string" ? CONTROL : unknownMessage("nothing that K2's adapter writes");
}

function kindOfResult(channel: string, result: unknown, channels: readonly string[]): MessageKind {
  if (channel === BOOK_CHANNEL.name) return OTHER;
  if (!CHANNELS.includes(channel)) return unknownMessage("no channel that K2 knows");
  if (!Array.isArray(result)) return { kind: "malformed", detail: `${channel} without a result` };
  return channels.includes(channel) ? TRADES : OTHER;
}
