import { ASK, BID, type BookChannel, type Instant } from "../../domain/index.ts";
import type { BookProblem, BookText } from "../decode/book-head.ts";
import { levelPairs, wholeNumber } from "../decode/book-message.ts";
import { isObject, textOf } from "../decode/lexeme-json.ts";
import { decimalSeconds } from "../decode/times-in-text.ts";

/*
 * A book: [id,{"as":[…],"bs":[…]},name,pair], then [id,{"a":[…],"c":"…"},name,pair], the same with "b", or both in two
 * objects, the checksum in the last.
 * https://docs.kraken.com/api/docs/websocket-v1/book
 *
 *   level  [price, size, time] as texts, with all of the pair's decimals; a fourth, "r": sent again, not changed
 *   time   of the level's last change, Unix seconds: the latest is a change's event time; a snapshot has none
 *   c      see book-checksum.ts
 */
export function readV1Book(message: readonly unknown[], channel: BookChannel): BookText | BookProblem {
  const rawSymbol = textOf(message.at(-1));
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (rawSymbol === undefined) return wrong("the pair is not a text");
  const parts = message.slice(1, -2);
  if (parts.length > 2 || !parts.every(isObject)) return wrong("the parts are not one or two objects");
  const all = Object.assign({}, ...parts) as Readonly<Record<string, unknown>>;
  const isSnapshot = "as" in all || "bs" in all;
  const asks = isSnapshot ? all["as"] : all["a"];
  const bids = isSnapshot ? all["bs"] : all["b"];
  if (asks === undefined && bids === undefined) return wrong("neither bids nor asks");
  const askLevels = levelPairs(asks ?? [], ASK);
  const bidLevels = levelPairs(bids ?? [], BID);
  if (askLevels === undefined || bidLevels === undefined) return wrong("a side is not a list of levels of texts");
  const time = latestTime([asks, bids].flat());
  if (time === "wrong") return wrong("the time of a level is not a Unix time in seconds");
  const checksum = all["c"] === undefined ? undefined : wholeNumber(all["c"], { isText: true });
  if (checksum === undefined && !isSnapshot) return wrong("c is not a whole number as text");
  return {
    rawSymbol,
    channel,
    isSnapshot,
    levels: [...askLevels, ...bidLevels],
    time: isSnapshot ? undefined : time,
    checksum,
  };
}

function latestTime(levels: readonly unknown[]): Instant | undefined | "wrong" {
  let latest: Instant | undefined;
  for (const level of levels) {
    if (!Array.isArray(level)) continue;
    const time = decimalSeconds(textOf(level[2]) ?? "");
    if (time === undefined) return "wrong";
    if (latest === undefined || time.us > latest.us || (time.us === latest.us && time.nanos > latest.nanos))
      latest = time;
  }
  return latest;
}

/*
 * [id,[bid,ask,time,bidVolume,askVolume],"spread",pair], all texts
 * https://docs.kraken.com/api/docs/websocket-v1/spread
 */
export function readV1Spread(message: readonly unknown[], channel: BookChannel): BookText | BookProblem {
  const rawSymbol = textOf(message.at(-1));
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  const fields = Array.isArray(message[1]) ? (message[1] as readonly unknown[]).map(textOf) : [];
  const [bid, ask, seconds, bidSize, askSize] = fields;
  if (rawSymbol === undefined) return wrong("the pair is not a text");
  if (bid === undefined || ask === undefined || bidSize === undefined || askSize === undefined)
    return wrong("a price or a volume is not a text");
  const time = decimalSeconds(seconds ?? "");
  if (time === undefined) return wrong("the time is not a Unix time in seconds");
  const levels = [
    { side: BID, price: bid, size: bidSize },
    { side: ASK, price: ask, size: askSize },
  ];
  return { rawSymbol, channel, isSnapshot: true, levels, time };
}

/*
 * [id,{"a":[price,wholeLots,size],"b":[price,wholeLots,size],…},"ticker",pair]; it has no time
 * https://docs.kraken.com/api/docs/websocket-v1/ticker
 */
export function readV1Ticker(message: readonly unknown[], channel: BookChannel): BookText | BookProblem {
  const rawSymbol = textOf(message.at(-1));
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  const data = message[1];
  if (rawSymbol === undefined) return wrong("the pair is not a text");
  if (!isObject(data)) return wrong("a ticker is not an object");
  const [bid, bidSize] = priceAndSize(data["b"]);
  const [ask, askSize] = priceAndSize(data["a"]);
  if (bid === undefined || bidSize === undefined || ask === undefined || askSize === undefined)
    return wrong("a or b is not a price, whole lots and a size");
  const levels = [
    { side: BID, price: bid, size: bidSize },
    { side: ASK, price: ask, size: askSize },
  ];
  return { rawSymbol, channel, isSnapshot: true, levels, time: undefined };
}

function priceAndSize(value: unknown): readonly (string | undefined)[] {
  return Array.isArray(value) ? [textOf(value[0]), textOf(value[2])] : [];
}
