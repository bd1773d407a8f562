import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";
import { renewal } from "../renewal.ts";
import { indexOf, instrumentType } from "./venue-data-channels.ts";

/** A request may have 64 KB, about a thousand channels, and a connection 480 requests an hour: few, and not too long. */
const CHANNELS_PER_REQUEST = 100;

/** @see https://www.okx.com/docs-v5/en/#overview-websocket-subscribe */
export function subscribeFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  const all = channels.flatMap((channel) => argumentsOf(channel, rawSymbols));
  const frames: string[] = [];
  for (let from = 0; from < all.length; from += CHANNELS_PER_REQUEST) {
    const args = all.slice(from, from + CHANNELS_PER_REQUEST);
    frames.push(JSON.stringify({ id: String(frames.length + 1), op: "subscribe", args }));
  }
  return frames;
}

/** What a channel is asked for by: mostly the instrument, for some its kind or its index, for the venue's status nothing. */
function argumentsOf(channel: string, rawSymbols: readonly string[]): readonly JsonObject[] {
  switch (channel) {
    case "status":
      return [{ channel }];
    case "instruments":
      return [...new Set(rawSymbols.map(instrumentType))].map((instType) => ({ channel, instType }));
    case "liquidation-orders":
      // Spot pairs are liquidated as margined ones.
      return [...new Set(rawSymbols.map(instrumentType))].map((type) => ({
        channel,
        instType: type === "SPOT" ? "MARGIN" : type,
      }));
    case "index-tickers":
      return [...new Set(rawSymbols.map(indexOf))].map((instId) => ({ channel, instId }));
    case "funding-rate":
      return rawSymbols.filter((instId) => instrumentType(instId) === "SWAP").map((instId) => ({ channel, instId }));
    case "open-interest":
      return rawSymbols.filter((instId) => instrumentType(instId) !== "SPOT").map((instId) => ({ channel, instId }));
    default:
      return rawSymbols.map((instId) => ({ channel, instId }));
  }
}

/** Of one book: the snapshot comes with the new subscription. */
export function renewalFrames(rawSymbol: string, channel: string): readonly string[] {
  return subscribeFrames([rawSymbol], [channel]).flatMap((request) => renewal(request, { op: "unsubscribe" }));
}

/** One answer a channel and instrument: {"id":"1","event":"subscribe","arg":{…},"connId":"…"}, or an event "error". */
export function readAnswer(frame: string): SubscriptionAnswer | undefined {
  const message = answerIn(frame);
  switch (message?.["event"]) {
    case "subscribe":
      return { kind: "accepted", count: 1 };
    case "error":
      return { kind: "refused", reason: `${String(message["msg"] ?? "no reason given")} (${String(message["code"])})` };
    default:
      return undefined;
  }
}

/** Answers are short and have "event"; market data is not parsed here. */
function answerIn(frame: string): JsonObject | undefined {
  if (frame.length > 2000 || !frame.includes('"event"')) return undefined;
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
