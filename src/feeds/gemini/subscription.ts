import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";
import { renewal } from "../renewal.ts";

/** {"type":"subscribe","subscriptions":[{"name":"l2","symbols":["BTCUSD","ETHUSD"]}]}: trades and book in one */
export function subscribeFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  if (channels.length === 0 || rawSymbols.length === 0) return [];
  return [JSON.stringify({ type: "subscribe", subscriptions: [{ name: "l2", symbols: rawSymbols }] })];
}

/** Of one book: its levels come anew, and the last trades once more. */
export function renewalFrames(rawSymbol: string, channel: string): readonly string[] {
  return subscribeFrames([rawSymbol], [channel]).flatMap((request) => renewal(request, { type: "unsubscribe" }));
}

/**
 * The venue answers with the data: an `l2_updates` with the last trades for each symbol, and a heartbeat every five seconds
 * of a connection that has a subscription. A refusal is {"result":"error","reason":"…","message":"…"}.
 */
export function readAnswer(frame: string): SubscriptionAnswer | undefined {
  if (frame.startsWith('{"type":"l2_updates"') && frame.includes('"trades":')) return { kind: "accepted", count: 1 };
  const message = shortMessage(frame);
  if (message?.["type"] === "heartbeat") return { kind: "accepted", count: 0 };
  if (message?.["result"] !== "error") return undefined;
  return { kind: "refused", reason: String(message["message"] ?? message["reason"] ?? "no reason given") };
}

/** Other market data is not parsed here. */
function shortMessage(frame: string): JsonObject | undefined {
  if (frame.length > 2000 || !/"heartbeat"|"result"/.test(frame)) return undefined;
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
