import { ASK, BID, type BookOutcome, type BookReader } from "../../domain/index.ts";
import { type BookFormat, createBookReader } from "../decode/book-desk.ts";
import type { BookProblem, BookText } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { wholeNumber } from "../decode/book-message.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { DecoderOptions } from "../feed.ts";
import { BOOK_CHANNEL } from "./channels.ts";

/**
 * Reads the best levels as ccxt keeps them: each message is all of them. ccxt's books are doubles, and whether it lost a
 * change nobody is told.
 */
export function createCcxtBookReader(options: DecoderOptions): BookReader {
  return createBookReader(ccxtBookFormat(options));
}

export function ccxtBookFormat({ channels }: DecoderOptions): BookFormat<null> {
  const isChosen = channels.includes(BOOK_CHANNEL.name);
  return {
    isNumbered: true,
    createState: () => null,
    saveState: () => null,
    take: () => "replace",
    forget: () => {},
    readBytes: () => (isChosen ? undefined : "other"),
    readMessage(message, desk): BookOutcome {
      if (!isObject(message) || message["channel"] !== BOOK_CHANNEL.name) return "other";
      desk.take(readBook(message));
      return "book";
    },
  };
}

function readBook(message: JsonObject): BookText | BookProblem {
  const rawSymbol = textOf(message["symbol"]);
  const { result } = message;
  const wrong = (problem: string): BookProblem => ({ problem, channel: BOOK_CHANNEL, rawSymbol });
  if (rawSymbol === undefined || !isObject(result)) return wrong("a book without its symbol or its levels");
  const bids = levelsOf(result["bids"], BID);
  const asks = levelsOf(result["asks"], ASK);
  if (bids === undefined || asks === undefined) return wrong("bids or asks is not a list of pairs of numbers");
  return {
    rawSymbol,
    channel: BOOK_CHANNEL,
    isSnapshot: true,
    levels: [...bids, ...asks],
    time: unixTime(numberTextOf(result["timestamp"]) ?? ""),
    sequence: wholeNumber(result["nonce"]) ?? -1,
  };
}

function levelsOf(list: unknown, side: number): readonly LevelText[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const levels: LevelText[] = [];
  for (const item of list as readonly unknown[]) {
    const [priceValue, sizeValue] = Array.isArray(item) ? (item as readonly unknown[]) : [];
    const price = numberTextOf(priceValue) ?? textOf(priceValue);
    const size = numberTextOf(sizeValue) ?? textOf(sizeValue);
    if (price === undefined || size === undefined) return undefined;
    levels.push({ side, price, size });
  }
  return levels;
}
