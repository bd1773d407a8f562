import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";
import { renewal } from "../renewal.ts";

const SYMBOLS_PER_REQUEST = 50;
const REFUSALS: readonly unknown[] = ["error", "alert", "subscribed_failed"];

/** {"event":"subscribe","feed":"trade","product_ids":["PI_XBTUSD","PF_ETHUSD"]} */
export function subscribeFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  return channels.flatMap((feed) => {
    const frames: string[] = [];
    for (let from = 0; from < rawSymbols.length; from += SYMBOLS_PER_REQUEST) {
      const symbols = rawSymbols.slice(from, from + SYMBOLS_PER_REQUEST);
      frames.push(JSON.stringify({ event: "subscribe", feed, product_ids: symbols }));
    }
    return frames;
  });
}

/** Of one book: the snapshot comes with the new subscription. */
export function renewalFrames(rawSymbol: string, channel: string): readonly string[] {
  return subscribeFrames([rawSymbol], [channel]).flatMap((request) => renewal(request, { event: "unsubscribe" }));
}

/**
 * {"event":"subscribed","feed":"trade","product_ids":["PI_XBTUSD"]}, {"event":"error","message":"Invalid product id"},
 * {"event":"alert","message":"Bad request"}
 */
export function readAnswer(frame: string): SubscriptionAnswer | undefined {
  const message = answerIn(frame);
  const event = message?.["event"];
  if (event === "subscribed") {
    const symbols = message?.["product_ids"];
    return { kind: "accepted", count: Array.isArray(symbols) ? symbols.length : 1 };
  }
  if (!REFUSALS.includes(event)) return undefined;
  return { kind: "refused", reason: String(message?.["message"] ?? "no reason given") };
}

/** Answers are short and have "event"; market data is not parsed here. */
function answerIn(frame: string): JsonObject | undefined {
  if (frame.length > 8000 || !frame.includes('"event"')) return undefined;
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
