import { ASK, BID, type BookChannel, type Instant } from "../../domain/index.ts";
import type { BookProblem, BookText } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { isObject, textOf } from "../decode/lexeme-json.ts";
import { rfc3339Time } from "../decode/times-in-text.ts";

/** What the frame says of all its events. */
interface FrameOf {
  readonly channel: BookChannel;
  readonly sequence: number;
  readonly timestamp: unknown;
}

/*
 * {"channel":"l2_data","timestamp":…,"sequence_num":…,"events":[{"type":"snapshot"|"update","product_id":…,"updates":[level,…]}]}
 * https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/websocket/level2.md
 *
 *   level         {"side":"bid"|"offer","event_time":…,"price_level":…,"new_quantity":…}; "0": no such level any more
 *   event_time    RFC 3339; the same on all levels of an event in the recording, and the latest counts
 *   timestamp     of the frame: the event time of an event without levels
 *   sequence_num  of the frame, over all channels of the connection
 */
export function readLevel2(event: unknown, { channel, sequence, timestamp }: FrameOf): BookText | BookProblem {
  if (!isObject(event)) return { problem: "an event is not an object", channel };
  const rawSymbol = textOf(event["product_id"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (rawSymbol === undefined) return wrong("product_id is not a text");
  const { type, updates } = event;
  if (type !== "snapshot" && type !== "update") return wrong("type is neither snapshot nor update");
  if (!Array.isArray(updates)) return wrong("updates is not a list");
  const levels: LevelText[] = [];
  let time: Instant | undefined;
  for (const update of updates as readonly unknown[]) {
    const level = readUpdate(update);
    if (typeof level === "string") return wrong(level);
    levels.push(level);
    if (time === undefined || isLater(level.time, time)) ({ time } = level);
  }
  time ??= rfc3339Time(textOf(timestamp) ?? "");
  if (time === undefined) return wrong("timestamp is not an RFC 3339 time");
  return { rawSymbol, channel, isSnapshot: type === "snapshot", levels, time, sequence };
}

function readUpdate(update: unknown): (LevelText & { readonly time: Instant }) | string {
  if (!isObject(update)) return "a level is not an object";
  const { side } = update;
  if (side !== "bid" && side !== "offer") return "side is neither bid nor offer";
  const price = textOf(update["price_level"]);
  const size = textOf(update["new_quantity"]);
  if (price === undefined || size === undefined) return "price_level or new_quantity is not a text";
  const time = rfc3339Time(textOf(update["event_time"]) ?? "");
  if (time === undefined) return "event_time is not an RFC 3339 time";
  return { side: side === "bid" ? BID : ASK, price, size, time };
}

function isLater(time: Instant, than: Instant): boolean {
  return time.us > than.us || (time.us === than.us && time.nanos > than.nanos);
}
