import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";
import { renewal } from "../renewal.ts";
import { UNASKED } from "./venue-data-channels.ts";

/** Symbols a request: keeps requests short; no limit is documented. */
const SYMBOLS_PER_REQUEST = 100;

/**
 * v2. A snapshot (the last 50 trades of each symbol) is asked for: after a reconnect it fills most gaps at once, and
 * rows that were there already are recognised by their ids.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v2/trade
 */
export function subscribeV2Frames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  return requests(rawSymbols, channels, (symbol, channel, id) => ({
    method: "subscribe",
    params: { ...v2Channel(channel), ...(OF_ALL_SYMBOLS.has(channel) ? {} : { symbol }), snapshot: true },
    req_id: id,
  }));
}

const OF_ALL_SYMBOLS: ReadonlySet<string> = new Set(["instrument"]);

/** Of one book: its snapshot comes with the new subscription. @see https://docs.kraken.com/api/docs/websocket-v2/book */
export function renewV2Frames(rawSymbol: string, channel: string): readonly string[] {
  const params = { ...v2Channel(channel), symbol: [rawSymbol] };
  return subscribeV2Frames([rawSymbol], [channel]).flatMap((request) =>
    renewal(request, { method: "unsubscribe", params }),
  );
}

/** "book-25" is channel book with its depth, "ohlc-5" candles of 5 minutes; a ticker is wanted at each change of the best bid or ask. */
function v2Channel(channel: string): JsonObject {
  const depth = settingOf(channel, "book-");
  if (depth !== undefined) return { channel: "book", depth };
  const interval = settingOf(channel, "ohlc-");
  if (interval !== undefined) return { channel: "ohlc", interval };
  return channel === "ticker" ? { channel, event_trigger: "bbo" } : { channel };
}

function settingOf(channel: string, prefix: string): number | undefined {
  return channel.startsWith(prefix) ? Number(channel.slice(prefix.length)) : undefined;
}

/** @see https://docs.kraken.com/api/docs/websocket-v1/subscribe */
export function subscribeV1Frames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  return requests(rawSymbols, channels, (pair, name, reqid) => {
    return { event: "subscribe", reqid, pair, subscription: v1Subscription(name) };
  });
}

function v1Subscription(name: string): JsonObject {
  const depth = settingOf(name, "book-");
  if (depth !== undefined) return { name: "book", depth };
  const interval = settingOf(name, "ohlc-");
  return interval === undefined ? { name } : { name: "ohlc", interval };
}

export function renewV1Frames(rawSymbol: string, channel: string): readonly string[] {
  return subscribeV1Frames([rawSymbol], [channel]).flatMap((request) => renewal(request, { event: "unsubscribe" }));
}

function requests(
  rawSymbols: readonly string[],
  channels: readonly string[],
  request: (symbols: readonly string[], channel: string, id: number) => object,
): readonly string[] {
  const frames: string[] = [];
  for (const channel of channels.filter((name) => !UNASKED.has(name))) {
    const asked = OF_ALL_SYMBOLS.has(channel) ? 1 : rawSymbols.length;
    for (let from = 0; from < asked; from += SYMBOLS_PER_REQUEST)
      frames.push(
        JSON.stringify(request(rawSymbols.slice(from, from + SYMBOLS_PER_REQUEST), channel, frames.length + 1)),
      );
  }
  return frames;
}

/** One answer a symbol: {"method":"subscribe","result":{…},"success":true,…}. */
export function readV2Answer(frame: string): SubscriptionAnswer | undefined {
  const message = answerIn(frame, '"method"');
  if (message === undefined || message["method"] !== "subscribe") return undefined;
  if (message["success"] === true) return { kind: "accepted", count: 1 };
  return { kind: "refused", reason: String(message["error"] ?? "no reason given") };
}

/** One answer a pair: {"event":"subscriptionStatus","status":"subscribed","pair":"XBT/USD",…}. */
export function readV1Answer(frame: string): SubscriptionAnswer | undefined {
  const message = answerIn(frame, '"subscriptionStatus"');
  if (message === undefined || message["event"] !== "subscriptionStatus") return undefined;
  if (message["status"] === "error")
    return { kind: "refused", reason: String(message["errorMessage"] ?? "no reason given") };
  return message["status"] === "subscribed" ? { kind: "accepted", count: 1 } : undefined;
}

/** The object in a short frame that has the mark; market data is not parsed here. */
function answerIn(frame: string, mark: string): JsonObject | undefined {
  if (frame.length > 2000 || !frame.includes(mark)) return undefined;
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
