import { ASK, BID, type BookChannel, type BookOutcome, type BookReader, type BookVerdict } from "../../domain/index.ts";
import { type BookDesk, type BookFormat, createBookReader } from "../decode/book-desk.ts";
import type { BookHead, BookProblem, BookText } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { wholeNumber } from "../decode/book-message.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { DecoderOptions } from "../feed.ts";
import { readBookBytes } from "./book-bytes.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { BookSequence } from "./book-sequence.ts";

/** Reads `book` of one socket. @param options.channels of BOOK_CHANNELS; others are ignored */
export function createKrakenFuturesBookReader(options: DecoderOptions): BookReader {
  return createBookReader(krakenFuturesBookFormat(options));
}

/*
 * {"feed":"book_snapshot","product_id":…,"timestamp":…,"seq":…,"tickSize":null,"bids":[{"price":…,"qty":…},…],"asks":[…]}
 * {"feed":"book","product_id":…,"side":"buy"|"sell","seq":…,"price":…,"qty":…,"timestamp":…}
 * https://docs.kraken.com/exchange/api-reference/futures-websocket/book
 *
 *   price, qty  JSON numbers; qty 0: no such level any more; contracts on inverse products
 *   seq         one more with each message of the product     timestamp  ms
 */
export function krakenFuturesBookFormat({ channels }: DecoderOptions): BookFormat<BookSequence> {
  const channel = BOOK_CHANNELS.find(({ name }) => channels.includes(name));
  return {
    isNumbered: true,
    createState: (saved) => new BookSequence((saved ?? undefined) as number | undefined),
    saveState: ({ last }) => last ?? null,
    take,
    forget: (sequence) => sequence.forget(),
    readBytes: (desk) => (channel === undefined ? "other" : readBookBytes(desk, channel)),
    readMessage(message, desk): BookOutcome {
      if (channel === undefined || !isObject(message) || "event" in message) return "other";
      const { feed } = message;
      if (feed !== "book" && feed !== "book_snapshot") return "other";
      takeMessage(desk, message, channel);
      return "book";
    },
  };
}

function take(sequence: BookSequence, head: BookHead): BookVerdict {
  const { last } = sequence;
  const verdict = sequence.take({ isSnapshot: head.isSnapshot, seq: head.sequence });
  if (verdict === "gap") {
    head.detail =
      last === undefined ? "no snapshot came before it" : `seq is ${head.sequence} where ${last + 1} was expected`;
  }
  return verdict;
}

function takeMessage(desk: BookDesk<BookSequence>, message: JsonObject, channel: BookChannel): void {
  const rawSymbol = textOf(message["product_id"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  desk.take(rawSymbol === undefined ? wrong("product_id is not a text") : readBook(message, rawSymbol, channel));

  function readBook(fields: JsonObject, symbol: string, of: BookChannel): BookText | BookProblem {
    const isSnapshot = fields["feed"] === "book_snapshot";
    const levels = isSnapshot ? snapshotLevels(fields) : changedLevel(fields);
    if (levels === undefined) return wrong("no levels of a side, a price and a qty that are numbers");
    const sequence = wholeNumber(fields["seq"]);
    if (sequence === undefined) return wrong("seq is not a whole number");
    const time = unixTime(numberTextOf(fields["timestamp"]) ?? "");
    if (time === undefined) return wrong("timestamp is not a Unix time in milliseconds");
    return { rawSymbol: symbol, channel: of, isSnapshot, levels, time, sequence };
  }
}

function snapshotLevels({ bids, asks }: JsonObject): readonly LevelText[] | undefined {
  if (!Array.isArray(bids) || !Array.isArray(asks)) return undefined;
  const levels = [
    ...(bids as readonly unknown[]).map((level) => levelOf(level, BID)),
    ...(asks as readonly unknown[]).map((level) => levelOf(level, ASK)),
  ];
  return levels.every((level) => level !== undefined) ? levels : undefined;
}

function changedLevel(message: JsonObject): readonly LevelText[] | undefined {
  const { side } = message;
  if (side !== "buy" && side !== "sell") return undefined;
  const level = levelOf(message, side === "buy" ? BID : ASK);
  return level === undefined ? undefined : [level];
}

function levelOf(level: unknown, side: number): LevelText | undefined {
  if (!isObject(level)) return undefined;
  const price = numberTextOf(level["price"]);
  const size = numberTextOf(level["qty"]);
  return price === undefined || size === undefined ? undefined : { side, price, size };
}
