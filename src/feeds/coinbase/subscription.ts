import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";
import { renewal } from "../renewal.ts";
import { FULL } from "./book-channels.ts";

/**
 * Advanced Trade: a request a channel. Heartbeats first: they keep quiet subscriptions open (others are closed after
 * 60 to 90 seconds without an update), and the answer to the second request then lists each product once.
 *
 * @see https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels#heartbeats-channel
 */
export function subscribeAdvancedFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  return [
    JSON.stringify({ type: "subscribe", channel: "heartbeats" }),
    ...channels.map((channel) => JSON.stringify({ type: "subscribe", product_ids: rawSymbols, channel })),
  ];
}

/**
 * Exchange: one request for all channels. `full` tells all that `matches` does, in the order of its sequence: with it the
 * other is not asked for, so that each match comes once and in its place.
 *
 * @see https://docs.cdp.coinbase.com/exchange/websocket-feed/overview#subscribe
 */
export function subscribeExchangeFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  const asked = channels.includes(FULL.name) ? channels.filter((name) => name !== "matches") : channels;
  return [JSON.stringify({ type: "subscribe", product_ids: rawSymbols, channels: [...asked, "heartbeat"] })];
}

/** Of one book: its snapshot comes with the new subscription. */
export function renewAdvancedFrames(rawSymbol: string, channel: string): readonly string[] {
  const request = JSON.stringify({ type: "subscribe", product_ids: [rawSymbol], channel });
  return renewal(request, { type: "unsubscribe" });
}

/** The book of `full` is asked for over HTTP. */
export function renewExchangeFrames(rawSymbol: string, channel: string): readonly string[] | undefined {
  if (channel === FULL.name) return undefined;
  const request = JSON.stringify({ type: "subscribe", product_ids: [rawSymbol], channels: [channel] });
  return renewal(request, { type: "unsubscribe" });
}

/** {"channel":"subscriptions","events":[{"subscriptions":{"market_trades":["BTC-USD"]}}]}: all that is subscribed by now. */
export function readAdvancedAnswer(frame: string): SubscriptionAnswer | undefined {
  const message = answerIn(frame);
  if (message === undefined) return undefined;
  if (message["type"] === "error") return refusal(message);
  if (message["channel"] !== "subscriptions" || !Array.isArray(message["events"])) return undefined;
  const event: unknown = message["events"][0];
  const subscribed = isObject(event) ? event["subscriptions"] : undefined;
  return isObject(subscribed) ? allOf(Object.entries(subscribed)) : undefined;
}

/** {"type":"subscriptions","channels":[{"name":"matches","product_ids":["BTC-USD"]}, …]}: all that is subscribed by now. */
export function readExchangeAnswer(frame: string): SubscriptionAnswer | undefined {
  const message = answerIn(frame);
  if (message === undefined) return undefined;
  if (message["type"] === "error") return refusal(message);
  if (message["type"] !== "subscriptions" || !Array.isArray(message["channels"])) return undefined;
  const entries = message["channels"].filter(isObject);
  return allOf(entries.map((entry) => [String(entry["name"]), entry["product_ids"]]));
}

/** Products of each channel but the heartbeats, which K2 asks for by itself. */
function allOf(channels: readonly (readonly [name: string, products: unknown])[]): SubscriptionAnswer | undefined {
  const lists = channels.flatMap(([name, products]) =>
    !name.startsWith("heartbeat") && Array.isArray(products) ? [products.length] : [],
  );
  if (lists.length === 0) return undefined;
  return { kind: "accepted", count: lists.reduce((sum, length) => sum + length, 0), isTotal: true };
}

function refusal(message: JsonObject): SubscriptionAnswer {
  const parts = [message["message"], message["reason"]].filter((part) => typeof part === "string");
  return { kind: "refused", reason: parts.join(": ") || "no reason given" };
}

/** Answers and errors only; market data is not parsed here. */
function answerIn(frame: string): JsonObject | undefined {
  if (!frame.includes('"subscriptions"') && !frame.includes('"error"')) return undefined;
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
