import { ASK, BID, type BookChannel, type BookLevels, type BookOutcome, type BookReader } from "../../domain/index.ts";
import type { BookCursor } from "../decode/book-cursor.ts";
import type { BookFormat } from "../decode/book-desk.ts";
import { type BookDesk, createBookReader } from "../decode/book-desk.ts";
import type { BookProblem, BookText } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { wholeNumber } from "../decode/book-message.ts";
import { CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { literal } from "../decode/literal.ts";
import { rfc3339Time } from "../decode/times-in-text.ts";
import type { DecoderOptions } from "../feed.ts";
import { V2_BOOK_CHANNELS } from "./book-channels.ts";
import { KeptBook } from "./kept-book.ts";

const OPEN_ARRAY = 0x5b;
const CHANNEL = literal('{"channel":"');
const TYPE = literal('","type":"');
const UPDATE = literal('update","data":[{"symbol":"');
const SNAPSHOT = literal('snapshot","data":[{"symbol":"');
const BIDS = literal('","bids":');
const ASKS = literal(',"asks":');
const CHECKSUM = literal(',"checksum":');
const TIME = literal(',"timestamp":"');
const CLOSE_TIMED = literal('"}]}');
const CLOSE = literal("}]}");
const PRICE = literal('{"price":');
const SIZE = literal(',"qty":');
const CLOSE_LEVEL = literal("}");

/** Reads `book` and `ticker` of one socket. @param options.channels of V2_BOOK_CHANNELS; others are ignored */
export function createV2BookReader(options: DecoderOptions): BookReader {
  return createBookReader(v2BookFormat(options));
}

/*
 * {"channel":"book","type":"snapshot"|"update","data":[{"symbol":…,"bids":[{"price":…,"qty":…},…],"asks":[…],"checksum":…,"timestamp":"…"}]}
 * https://docs.kraken.com/api/docs/websocket-v2/book
 *
 *   price, qty  JSON numbers with all of the pair's decimals; qty 0: no such level any more
 *   checksum    see book-checksum.ts       timestamp  RFC 3339
 *
 * Frames do not say which depth was asked for: it is the one that was chosen. Levels that fall out of it are not told.
 */
export function v2BookFormat({ channels }: DecoderOptions): BookFormat<KeptBook> {
  const chosen = V2_BOOK_CHANNELS.filter(({ name }) => channels.includes(name));
  const book = chosen.find(({ channel }) => channel === "book");
  const ticker = chosen.find(({ channel }) => channel === "quote");
  return {
    isNumbered: false,
    createState: (saved) => KeptBook.of(saved),
    saveState: (kept) => kept.save(),
    take: (kept, head) => kept.take(head),
    forget: (kept) => kept.forget(),
    checksum: (kept, head, listing) => kept.checksum(head, listing),
    readBytes(desk) {
      const { cursor } = desk;
      if (!cursor.literal(CHANNEL) || !cursor.text()) return undefined;
      const name = cursor.takeText();
      if (name === "book") return book === undefined ? "other" : readBookBytes(desk, book);
      return name === "ticker" && ticker !== undefined ? undefined : "other";
    },
    readMessage(message, desk): BookOutcome {
      const name = isObject(message) ? message["channel"] : undefined;
      const channel = name === "book" ? book : name === "ticker" ? ticker : undefined;
      if (!isObject(message) || channel === undefined) return "other";
      for (const [index, read] of readRecords(message, channel).entries()) desk.take(read, index);
      return "book";
    },
  };
}

function readRecords({ data, type }: JsonObject, channel: BookChannel): readonly (BookText | BookProblem)[] {
  if (!Array.isArray(data) || (type !== "snapshot" && type !== "update"))
    return [{ problem: "a message without its data or type", channel }];
  return (data as readonly unknown[]).map((record) =>
    channel.channel === "book" ? readBook(record, type === "snapshot", channel) : readTicker(record, channel),
  );
}

function readBookBytes(desk: BookDesk<KeptBook>, channel: BookChannel): BookOutcome | undefined {
  const { cursor, head, levels } = desk;
  head.channel = channel;
  if (!cursor.literal(TYPE)) return undefined;
  head.isSnapshot = !cursor.literal(UPDATE);
  if (head.isSnapshot && !cursor.literal(SNAPSHOT)) return undefined;
  const isRead =
    desk.symbol() &&
    cursor.literal(BIDS) &&
    levelBytes(cursor, levels, BID) &&
    cursor.literal(ASKS) &&
    levelBytes(cursor, levels, ASK) &&
    cursor.literal(CHECKSUM);
  if (!isRead) return undefined;
  head.checksum = cursor.integer();
  if (head.checksum < 0) return undefined;
  head.hasTime = cursor.literal(TIME);
  const isClosed = head.hasTime ? cursor.rfc3339(head, 0) && cursor.literal(CLOSE_TIMED) : cursor.literal(CLOSE);
  return isClosed ? desk.deliver() : undefined;
}

function levelBytes(cursor: BookCursor, levels: BookLevels, side: number): boolean {
  if (!cursor.byte(OPEN_ARRAY)) return false;
  if (cursor.byte(CLOSE_ARRAY)) return true;
  do {
    if (!cursor.literal(PRICE) || !cursor.level(levels, side, SIZE) || !cursor.literal(CLOSE_LEVEL)) return false;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY);
}

function readBook(record: unknown, isSnapshot: boolean, channel: BookChannel): BookText | BookProblem {
  if (!isObject(record)) return { problem: "a book is not an object", channel };
  const rawSymbol = textOf(record["symbol"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (rawSymbol === undefined) return wrong("symbol is not a text");
  const bids = numberLevels(record["bids"], BID);
  const asks = numberLevels(record["asks"], ASK);
  if (bids === undefined || asks === undefined) return wrong("bids or asks is not a list of levels");
  const checksum = wholeNumber(record["checksum"]);
  if (checksum === undefined) return wrong("checksum is not a whole number");
  const time = timeOf(record);
  if (time === "wrong") return wrong("timestamp is not an RFC 3339 time");
  return { rawSymbol, channel, isSnapshot, levels: [...bids, ...asks], time, checksum };
}

function numberLevels(levels: unknown, side: number): readonly LevelText[] | undefined {
  if (!Array.isArray(levels)) return undefined;
  const texts: LevelText[] = [];
  for (const level of levels as readonly unknown[]) {
    const price = isObject(level) ? numberTextOf(level["price"]) : undefined;
    const size = isObject(level) ? numberTextOf(level["qty"]) : undefined;
    if (price === undefined || size === undefined) return undefined;
    texts.push({ side, price, size });
  }
  return texts;
}

/*
 * {"channel":"ticker","type":…,"data":[{"symbol":…,"bid":…,"bid_qty":…,"ask":…,"ask_qty":…,…,"timestamp":"…"}]}
 * https://docs.kraken.com/api/docs/websocket-v2/ticker
 */
function readTicker(record: unknown, channel: BookChannel): BookText | BookProblem {
  if (!isObject(record)) return { problem: "a ticker is not an object", channel };
  const rawSymbol = textOf(record["symbol"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (rawSymbol === undefined) return wrong("symbol is not a text");
  const [bid, bidSize, ask, askSize] = ["bid", "bid_qty", "ask", "ask_qty"].map((key) => numberTextOf(record[key]));
  if (bid === undefined || bidSize === undefined || ask === undefined || askSize === undefined)
    return wrong("bid, bid_qty, ask or ask_qty is not a number");
  const time = timeOf(record);
  if (time === "wrong") return wrong("timestamp is not an RFC 3339 time");
  const levels = [
    { side: BID, price: bid, size: bidSize },
    { side: ASK, price: ask, size: askSize },
  ];
  return { rawSymbol, channel, isSnapshot: true, levels, time };
}

/** Snapshots of old and tickers of old have none. */
function timeOf(record: JsonObject): BookText["time"] | "wrong" {
  return "timestamp" in record ? (rfc3339Time(textOf(record["timestamp"]) ?? "") ?? "wrong") : undefined;
}
