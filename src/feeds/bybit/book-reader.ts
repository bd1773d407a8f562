import { ASK, BID, type BookChannel, type BookOutcome, type BookReader, type BookVerdict } from "../../domain/index.ts";
import type { BookFormat } from "../decode/book-desk.ts";
import { type BookDesk, createBookReader } from "../decode/book-desk.ts";
import type { BookHead, BookProblem, BookText } from "../decode/book-head.ts";
import { levelPairs, wholeNumber } from "../decode/book-message.ts";
import { isObject, type JsonObject, numberTextOf } from "../decode/lexeme-json.ts";
import { literal } from "../decode/literal.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { DecoderOptions } from "../feed.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { BookSequence } from "./book-sequence.ts";

const TOPIC = literal('{"topic":"');
const SNAPSHOT = literal('","type":"snapshot","ts":');
const DELTA = literal('","type":"delta","ts":');
const SYMBOL = literal(',"data":{"s":"');
const BIDS = literal('","b":');
const ASKS = literal(',"a":');
const UPDATE = literal(',"u":');
const SEQUENCE = literal(',"seq":');
const MATCHED = literal('},"cts":');
const CLOSE_DATA = literal("}}");
const CLOSE = literal("}");
/** "orderbook.50": the channel's part of a topic. */
const CHANNEL_GRAMMAR = /^(orderbook\.\d+)\.(.+)$/;

/** Reads `orderbook.<depth>` of one socket. @param options.channels of BOOK_CHANNELS; others are ignored */
export function createBybitBookReader(options: DecoderOptions): BookReader {
  return createBookReader(bybitBookFormat(options));
}

/*
 * {"topic":"orderbook.50.BTCUSDT","type":"snapshot"|"delta","ts":…,"data":{"s":…,"b":[[price,size],…],"a":[…],"u":…,"seq":…},"cts":…}
 * https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 *
 *   ts   when the message was made, ms        u    one more with each message of the topic
 *   cts  when the matching engine made it:    seq  across topics, not of this one; not kept
 *        the event time where it is there
 */
export function bybitBookFormat({ channels }: DecoderOptions): BookFormat<BookSequence> {
  const chosen = BOOK_CHANNELS.filter(({ name }) => channels.includes(name));
  /** With the length of its part of the topic, to find it by bytes. */
  const prefixes = chosen.map((channel) => ({ channel, prefix: literal(`${channel.name}.`) }));
  return {
    isNumbered: true,
    createState: (saved) => new BookSequence((saved ?? undefined) as number | undefined),
    saveState: ({ last }) => last ?? null,
    take,
    forget: (sequence) => sequence.forget(),
    readBytes(desk) {
      const { cursor } = desk;
      if (!cursor.literal(TOPIC)) return undefined;
      const found = prefixes.find(({ prefix }) => cursor.literal(prefix));
      // No other topic, if it is plain text, is a book that was chosen, however its frame goes on.
      if (found === undefined) return cursor.text() ? "other" : undefined;
      desk.head.channel = found.channel;
      return readMessageBytes(desk);
    },
    readMessage(message, desk): BookOutcome {
      const topic = isObject(message) ? message["topic"] : undefined;
      if (!isObject(message) || typeof topic !== "string") return "other";
      const [, name] = CHANNEL_GRAMMAR.exec(topic) ?? [];
      const channel = chosen.find((known) => known.name === name);
      if (channel === undefined) return "other";
      desk.take(readBook(message, topic, channel));
      return "book";
    },
  };
}

function take(sequence: BookSequence, head: BookHead): BookVerdict {
  const { next } = sequence;
  const verdict = sequence.take({ type: head.isSnapshot ? "snapshot" : "delta", u: head.sequence });
  if (verdict === "gap") {
    head.detail =
      next === undefined ? "no snapshot came before it" : `u is ${head.sequence} where ${next} was expected`;
  }
  return verdict;
}

function readMessageBytes(desk: BookDesk<BookSequence>): BookOutcome | undefined {
  const { cursor, head, levels } = desk;
  if (!desk.symbol()) return undefined;
  const { entry } = desk;
  head.isSnapshot = cursor.literal(SNAPSHOT);
  if (!head.isSnapshot && (head.channel.channel === "quote" || !cursor.literal(DELTA))) return undefined;
  const isRead =
    cursor.unixTime(head, 0) &&
    cursor.literal(SYMBOL) &&
    desk.symbol() &&
    desk.entry === entry &&
    cursor.literal(BIDS) &&
    cursor.pairs(levels, BID) &&
    cursor.literal(ASKS) &&
    cursor.pairs(levels, ASK) &&
    cursor.literal(UPDATE);
  if (!isRead) return undefined;
  head.sequence = cursor.integer();
  if (head.sequence < 0 || !cursor.literal(SEQUENCE) || cursor.integer() < 0) return undefined;
  head.hasTime = true;
  const isClosed = cursor.literal(MATCHED)
    ? cursor.unixTime(head, 0) && cursor.literal(CLOSE)
    : cursor.literal(CLOSE_DATA);
  return isClosed ? desk.deliver() : undefined;
}

function readBook(message: JsonObject, topic: string, channel: BookChannel): BookText | BookProblem {
  const { data, type } = message;
  const symbol = topic.slice(channel.name.length + 1);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol: symbol });
  if (!isObject(data)) return wrong("data is not an object");
  if (data["s"] !== symbol) return wrong("s is not the topic's symbol");
  if (type !== "snapshot" && type !== "delta") return wrong("type is neither snapshot nor delta");
  if (channel.channel === "quote" && type !== "snapshot") return wrong("a topic of depth 1 sends snapshots only");
  const bids = levelPairs(data["b"], BID);
  const asks = levelPairs(data["a"], ASK);
  if (bids === undefined || asks === undefined) return wrong("b or a is not a list of pairs of texts");
  const sequence = wholeNumber(data["u"]);
  if (sequence === undefined) return wrong("u is not a whole number");
  const time = unixTime(numberTextOf(message["cts"]) ?? numberTextOf(message["ts"]) ?? "");
  if (time === undefined) return wrong("neither cts nor ts is a Unix time in milliseconds");
  return {
    rawSymbol: symbol,
    channel,
    isSnapshot: type === "snapshot",
    levels: [...bids, ...asks],
    time,
    sequence,
  };
}
