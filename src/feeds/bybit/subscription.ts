import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";
import { renewal } from "../renewal.ts";

/** Spot admits 10 topics a request; contracts admit more (21,000 characters a connection), and do not need to. */
const TOPICS_PER_REQUEST = 10;

/**
 * The request's number and how many topics it asks for are both in its id, which the answer repeats.
 *
 * @see https://bybit-exchange.github.io/docs/v5/ws/connect#public-channel---args-limits
 */
export function subscribeFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  const topics = channels.flatMap((channel) => rawSymbols.map((symbol) => `${channel}.${symbol}`));
  const frames: string[] = [];
  for (let from = 0; from < topics.length; from += TOPICS_PER_REQUEST) {
    const args = topics.slice(from, from + TOPICS_PER_REQUEST);
    frames.push(JSON.stringify({ req_id: `${frames.length + 1}-${args.length}`, op: "subscribe", args }));
  }
  return frames;
}

/** Of one book: the snapshot comes with the new subscription. */
export function renewalFrames(rawSymbol: string, channel: string): readonly string[] {
  return subscribeFrames([rawSymbol], [channel]).flatMap((request) => renewal(request, { op: "unsubscribe" }));
}

/** {"success":true,"ret_msg":"","conn_id":"…","req_id":"1-10","op":"subscribe"} */
export function readAnswer(frame: string): SubscriptionAnswer | undefined {
  const message = answerIn(frame);
  if (message === undefined || message["op"] !== "subscribe") return undefined;
  if (message["success"] !== true) return { kind: "refused", reason: String(message["ret_msg"] ?? "no reason given") };
  const count = Number(String(message["req_id"]).split("-")[1]);
  return { kind: "accepted", count: Number.isInteger(count) && count > 0 ? count : 1 };
}

/** Answers are short and have "op"; market data is not parsed here. */
function answerIn(frame: string): JsonObject | undefined {
  if (frame.length > 2000 || !frame.includes('"op"')) return undefined;
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
