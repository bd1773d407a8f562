import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";
import { renewal } from "../renewal.ts";

const TOPICS_PER_REQUEST = 10;

/** {"op":"subscribe","args":["trade.BTCUSD","trade.EOSUSD"]} */
export function subscribeFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  const topics = channels.flatMap((channel) => rawSymbols.map((symbol) => `${channel}.${symbol}`));
  const frames: string[] = [];
  for (let from = 0; from < topics.length; from += TOPICS_PER_REQUEST)
    frames.push(JSON.stringify({ op: "subscribe", args: topics.slice(from, from + TOPICS_PER_REQUEST) }));
  return frames;
}

/** Of one book: the snapshot comes with the new subscription. */
export function renewalFrames(rawSymbol: string, channel: string): readonly string[] {
  return subscribeFrames([rawSymbol], [channel]).flatMap((request) => renewal(request, { op: "unsubscribe" }));
}

/** {"success":true,"ret_msg":"","conn_id":"…","request":{"op":"subscribe","args":["trade.BTCUSD"]}} */
export function readAnswer(frame: string): SubscriptionAnswer | undefined {
  const message = answerIn(frame);
  const request = message?.["request"];
  if (message === undefined || !isObject(request) || request["op"] !== "subscribe") return undefined;
  if (message["success"] !== true) return { kind: "refused", reason: String(message["ret_msg"] ?? "no reason given") };
  return { kind: "accepted", count: Array.isArray(request["args"]) ? request["args"].length : 1 };
}

/** Answers are short and have "request"; market data is not parsed here. */
function answerIn(frame: string): JsonObject | undefined {
  if (frame.length > 4000 || !frame.includes('"request"')) return undefined;
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
