import { isObject } from "../decode/lexeme-json.ts";
import type { SubscriptionAnswer } from "../feed.ts";

/** Streams a request; documentation names no limit, and requests are counted, not streams (5 a second on spot). */
const STREAMS_PER_REQUEST = 200;
/** The request's number and how many streams it asks for are both in its id, so that the answer alone tells. */
const ID_FACTOR = 1000;

/**
 * SUBSCRIBE requests for every symbol on every channel.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#live-subscribingunsubscribing-to-streams
 */
export function subscribeFrames(rawSymbols: readonly string[], channels: readonly string[]): readonly string[] {
  // Stream names are in lower case though symbols are not; one that begins with "!" is of all symbols.
  const streams = channels.flatMap((channel) =>
    channel.startsWith("!") ? [channel] : rawSymbols.map((symbol) => `${symbol.toLowerCase()}@${channel}`),
  );
  const frames: string[] = [];
  for (let from = 0; from < streams.length; from += STREAMS_PER_REQUEST) {
    const params = streams.slice(from, from + STREAMS_PER_REQUEST);
    frames.push(JSON.stringify({ method: "SUBSCRIBE", params, id: (frames.length + 1) * ID_FACTOR + params.length }));
  }
  return frames;
}

/** `{"result":null,"id":1002}` accepts two streams; `{"error":{…},"id":…}` refuses a request. */
export function readAnswer(frame: string): SubscriptionAnswer | undefined {
  // Only answers are short and have an id; market data is not parsed here.
  if (frame.length > 2000 || !frame.includes('"id"')) return undefined;
  const message = parsed(frame);
  if (!isObject(message) || !("id" in message)) return undefined;
  const error = message["error"] ?? ("code" in message && "msg" in message ? message : undefined);
  if (error !== undefined) return { kind: "refused", reason: JSON.stringify(error) };
  const count = Number(message["id"]) % ID_FACTOR;
  return message["result"] === null ? { kind: "accepted", count: count > 0 ? count : 1 } : undefined;
}

function parsed(frame: string): unknown {
  try {
    return JSON.parse(frame);
  } catch {
    return undefined;
  }
}
