import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";

/** Between K2 and its adapter only: {"subscribe":"trades","symbol":"BTC/USDT"} */
export function subscribeFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  return channels.flatMap((channel) => rawSymbols.map((symbol) => JSON.stringify({ subscribe: channel, symbol })));
}

export function readAnswer(frame: string): SubscriptionAnswer | undefined {
  if (!/"(?:subscribed|refused)"/.test(frame)) return undefined;
  const message = parsed(frame);
  if (typeof message?.["subscribed"] === "string") return { kind: "accepted", count: 1 };
  if (typeof message?.["refused"] !== "string") return undefined;
  return { kind: "refused", reason: String(message["reason"] ?? "no reason given") };
}

function parsed(frame: string): JsonObject | undefined {
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
