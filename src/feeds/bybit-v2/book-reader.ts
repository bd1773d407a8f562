import { ASK, BID, type BookChannel, type BookOutcome, type BookReader, type BookVerdict } from "../../domain/index.ts";
import { type BookFormat, createBookReader } from "../decode/book-desk.ts";
import type { BookHead, BookProblem, BookText } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { wholeNumber } from "../decode/book-message.ts";
import { isObject, type JsonObject, numberTextOf } from "../decode/lexeme-json.ts";
import { literal } from "../decode/literal.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { DecoderOptions } from "../feed.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { BookSequence } from "./book-sequence.ts";

const TOPIC = literal('{"topic":"');

/** Reads the books of one socket. @param options.channels of BOOK_CHANNELS; others are ignored */
export function createBybitV2BookReader(options: DecoderOptions): BookReader {
  return createBookReader(bybitV2BookFormat(options));
}

/*
 * {"topic":"orderBookL2_25.BTCUSD","type":"snapshot","data":[level,…],"cross_seq":…,"timestamp_e6":…}
 * {"topic":…,"type":"delta","data":{"delete":[level,…],"update":[…],"insert":[…],"transactTimeE6":0},"cross_seq":…,"timestamp_e6":…}
 *
 *   level  {"price":"60604.00","symbol":"BTCUSD","id":606040000,"side":"Buy"|"Sell","size":…}; deleted ones have no size
 *   size          contracts of 1 USD, a JSON number        timestamp_e6  when the message was made, microseconds
 *
 * Its documentation went with the protocol; the grammar is that of a recording of 2021.
 */
export function bybitV2BookFormat({ channels }: DecoderOptions): BookFormat<BookSequence> {
  const chosen = BOOK_CHANNELS.filter(({ name }) => channels.includes(name));
  const prefixes = chosen.map((channel) => ({ channel, prefix: literal(`${channel.name}.`) }));
  return {
    isNumbered: false,
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
      // Nobody serves this protocol any more: what there is of it can be read slowly.
      return undefined;
    },
    readMessage(message, desk): BookOutcome {
      const topic = isObject(message) ? message["topic"] : undefined;
      if (!isObject(message) || typeof topic !== "string") return "other";
      const channel = chosen.find(({ name }) => topic.startsWith(`${name}.`));
      if (channel === undefined) return "other";
      desk.take(readBook(message, topic.slice(channel.name.length + 1), channel));
      return "book";
    },
  };
}

function take(sequence: BookSequence, head: BookHead): BookVerdict {
  const { last } = sequence;
  const verdict = sequence.take({ isSnapshot: head.isSnapshot, crossSeq: head.sequence });
  if (verdict === "gap") {
    head.detail = last === undefined ? "no snapshot came before it" : `cross_seq is ${head.sequence} after ${last}`;
  }
  return verdict;
}

function readBook(message: JsonObject, rawSymbol: string, channel: BookChannel): BookText | BookProblem {
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  const { data, type } = message;
  if (type !== "snapshot" && type !== "delta") return wrong("type is neither snapshot nor delta");
  const levels = type === "snapshot" ? levelsOf(data, rawSymbol) : changesOf(data, rawSymbol);
  if (levels === undefined)
    return wrong("data are no levels of the topic's symbol, each with a side, a price and a size");
  const sequence = wholeNumber(message["cross_seq"]);
  if (sequence === undefined) return wrong("cross_seq is not a whole number");
  const time = unixTime(numberTextOf(message["timestamp_e6"]) ?? "");
  if (time === undefined) return wrong("timestamp_e6 is not a Unix time in microseconds");
  return { rawSymbol, channel, isSnapshot: type === "snapshot", levels, time, sequence };
}

function changesOf(data: unknown, symbol: string): readonly LevelText[] | undefined {
  if (!isObject(data)) return undefined;
  const gone = levelsOf(data["delete"], symbol, { size: "0" });
  const updated = levelsOf(data["update"], symbol);
  const inserted = levelsOf(data["insert"], symbol);
  if (gone === undefined || updated === undefined || inserted === undefined) return undefined;
  return [...gone, ...updated, ...inserted];
}

/** @param options.size of all, where the levels have none */
function levelsOf(
  list: unknown,
  symbol: string,
  { size: given }: { readonly size?: string } = {},
): readonly LevelText[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const levels: LevelText[] = [];
  for (const item of list as readonly unknown[]) {
    if (!isObject(item) || item["symbol"] !== symbol) return undefined;
    const { price, side } = item;
    const size = given ?? numberTextOf(item["size"]);
    if (typeof price !== "string" || size === undefined || (side !== "Buy" && side !== "Sell")) return undefined;
    levels.push({ side: side === "Buy" ? BID : ASK, price, size });
  }
  return levels;
}
