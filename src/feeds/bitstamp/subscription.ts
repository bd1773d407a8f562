import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";

/** One channel a request: {"event":"bts:subscribe","data":{"channel":"live_trades_btcusd"}} */
export function subscribeFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  return channels.flatMap((channel) =>
    rawSymbols.map((symbol) => JSON.stringify({ event: "bts:subscribe", data: { channel: `${channel}_${symbol}` } })),
  );
}

/**
 * {"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}}, or an event "bts:error" whose data say
 * why. A pair that does not exist is accepted, and nothing comes.
 */
export function readAnswer(frame: string): SubscriptionAnswer | undefined {
  const message = answerIn(frame);
  if (message?.["event"] === "bts:subscription_succeeded") return { kind: "accepted", count: 1 };
  if (message?.["event"] !== "bts:error") return undefined;
  const { data } = message;
  const reason = isObject(data) ? `${String(data["message"] ?? "no reason given")} (${String(data["code"])})` : "";
  return { kind: "refused", reason };
}

/** Answers are short and have an event that begins with "bts:"; market data is not parsed here. */
function answerIn(frame: string): JsonObject | undefined {
  if (frame.length > 2000 || !frame.includes('"bts:')) return undefined;
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
