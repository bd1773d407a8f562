import { ASK, BID, type BookChannel } from "../../domain/index.ts";
import type { BookProblem, BookText } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { levelPairs, wholeNumber } from "../decode/book-message.ts";
import { type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";

/*
 * Changes of a book, streams `<symbol>@depth`; on futures also the best levels, `<symbol>@depth<levels>`.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#diff-depth-stream
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Diff-Book-Depth-Streams
 *
 *   e  "depthUpdate"                        U, u  first and last update in the event
 *   E  when the message was made, ms        pu    futures only: `u` of the event before
 *   T  futures only: when it was matched;   b, a  [price, size] as texts; size 0: no such level any more
 *      the event time where it is there
 */
export function readDepth(data: JsonObject, channel: BookChannel): BookText | BookProblem {
  const rawSymbol = textOf(data["s"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (rawSymbol === undefined) return wrong("s is not a text");
  const bids = levelPairs(data["b"], BID);
  const asks = levelPairs(data["a"], ASK);
  if (bids === undefined || asks === undefined) return wrong("b or a is not a list of pairs of texts");
  const first = wholeNumber(data["U"]);
  const sequence = wholeNumber(data["u"]);
  if (first === undefined || sequence === undefined) return wrong("U or u is not a whole number");
  const previous = data["pu"] === undefined ? undefined : wholeNumber(data["pu"]);
  if (previous === undefined && data["pu"] !== undefined) return wrong("pu is not a whole number");
  const time = unixTime(numberTextOf(data["T"]) ?? numberTextOf(data["E"]) ?? "");
  if (time === undefined) return wrong("neither T nor E is a Unix time in milliseconds or microseconds");
  const isSnapshot = channel.depth !== undefined;
  return { rawSymbol, channel, isSnapshot, levels: [...bids, ...asks], time, first, sequence, previous };
}

/*
 * A whole book, or its best levels: the answer to a request for a snapshot, and spot's `<symbol>@depth<levels>`.
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#order-book
 *
 *   lastUpdateId  the last update in it     T  futures only: when it was matched, ms
 *   bids, asks    [price, size] as texts    E  futures only: when the message was made, ms
 */
/** @param rawSymbol by the URL or by the stream: the message itself need not say it */
export function readSnapshot(data: JsonObject, channel: BookChannel, rawSymbol: string): BookText | BookProblem {
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  const bids = levelPairs(data["bids"], BID);
  const asks = levelPairs(data["asks"], ASK);
  if (bids === undefined || asks === undefined) return wrong("bids or asks is not a list of pairs of texts");
  const sequence = wholeNumber(data["lastUpdateId"]);
  if (sequence === undefined) return wrong("lastUpdateId is not a whole number");
  const symbol = data["symbol"] ?? rawSymbol;
  if (symbol !== rawSymbol) return wrong("symbol is not the one that was asked for");
  const time = "T" in data ? unixTime(numberTextOf(data["T"]) ?? "") : undefined;
  if (time === undefined && "T" in data) return wrong("T is not a Unix time in milliseconds or microseconds");
  return { rawSymbol, channel, isSnapshot: true, levels: [...bids, ...asks], time, sequence };
}

/*
 * The best bid and ask, stream `<symbol>@bookTicker`, at each change of either.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#individual-symbol-book-ticker-streams
 *
 *   u     the update that it is as of       b, B  best bid's price and size as texts
 *   s     symbol                            a, A  best ask's; both "0" where a side is empty
 *   T     futures only: when it was matched, ms
 */
export function readTicker(data: JsonObject, channel: BookChannel): BookText | BookProblem {
  const rawSymbol = textOf(data["s"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (rawSymbol === undefined) return wrong("s is not a text");
  const bid = quoteLevel(data["b"], data["B"], BID);
  const ask = quoteLevel(data["a"], data["A"], ASK);
  if (bid === undefined || ask === undefined) return wrong("b, B, a or A is not a text");
  const sequence = wholeNumber(data["u"]);
  if (sequence === undefined) return wrong("u is not a whole number");
  const time = "T" in data ? unixTime(numberTextOf(data["T"]) ?? "") : undefined;
  if (time === undefined && "T" in data) return wrong("T is not a Unix time in milliseconds or microseconds");
  return { rawSymbol, channel, isSnapshot: true, levels: [...bid, ...ask], time, sequence };
}

const ZERO = /^0(?:\.0*)?$/;

/** One level, or none where the side is empty. */
function quoteLevel(price: unknown, size: unknown, side: number): readonly LevelText[] | undefined {
  if (typeof price !== "string" || typeof size !== "string") return undefined;
  return ZERO.test(price) && ZERO.test(size) ? [] : [{ side, price, size }];
}
