import { ASK, BID, type BookChannel, type BookOutcome, type BookReader } from "../../domain/index.ts";
import { type BookDesk, type BookFormat, createBookReader } from "../decode/book-desk.ts";
import type { BookProblem, BookText } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { isObject, type JsonObject, textOf } from "../decode/lexeme-json.ts";
import { literal } from "../decode/literal.ts";
import { ProvenBook } from "../decode/proven-book.ts";
import { readSideChanges } from "../decode/side-changes.ts";
import type { DecoderOptions } from "../feed.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";

const TYPE = literal('{"type":"');
const UPDATES = literal('l2_updates","symbol":"');
const CHANGES = literal('","changes":[');
const CLOSE = literal("}");

/** Reads `l2` of one socket. @param options.channels of BOOK_CHANNELS; others are ignored */
export function createGeminiBookReader(options: DecoderOptions): BookReader {
  return createBookReader(geminiBookFormat(options));
}

/*
 * {"type":"l2_updates","symbol":"BTCUSD","changes":[["buy"|"sell",price,quantity],…](,"trades":[…],"auction_events":[…])}
 * https://docs.gemini.com/websocket/market-data/v2/level-2
 *
 *   price, quantity  texts; quantity 0: no such level any more
 *   trades           with the first message of a symbol alone, which holds the whole book
 *
 * Nothing numbers or times these messages: a book goes on from its first for as long as every frame can be read.
 */
export function geminiBookFormat({ channels }: DecoderOptions): BookFormat<ProvenBook> {
  const channel = BOOK_CHANNELS.find(({ name }) => channels.includes(name));
  return {
    isNumbered: false,
    createState: (saved) => new ProvenBook(saved === true),
    saveState: ({ isProven }) => isProven,
    take: (book, head) => book.take(head),
    forget: (book) => book.forget(),
    readBytes: (desk) => (channel === undefined ? "other" : readBytes(desk, channel)),
    readMessage(message, desk): BookOutcome {
      if (channel === undefined || !isObject(message) || message["type"] !== "l2_updates") return "other";
      desk.take(readUpdates(message, channel));
      return "book";
    },
  };
}

/** The fast path: changes alone. The first message of a symbol is read slowly. */
function readBytes(desk: BookDesk<ProvenBook>, channel: BookChannel): BookOutcome | undefined {
  const { cursor, head, levels } = desk;
  if (!cursor.literal(TYPE)) return undefined;
  if (!cursor.literal(UPDATES)) return cursor.text() && cursor.takeText() !== "l2_updates" ? "other" : undefined;
  head.channel = channel;
  return desk.symbol() && cursor.literal(CHANGES) && readSideChanges(cursor, levels) && cursor.literal(CLOSE)
    ? desk.deliver()
    : undefined;
}

function readUpdates(message: JsonObject, channel: BookChannel): BookText | BookProblem {
  const rawSymbol = textOf(message["symbol"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (rawSymbol === undefined) return wrong("symbol is not a text");
  const levels = changedLevels(message["changes"]);
  if (levels === undefined) return wrong("changes are not a list of a side and two texts each");
  return { rawSymbol, channel, isSnapshot: "trades" in message, levels, time: undefined };
}

function changedLevels(changes: unknown): readonly LevelText[] | undefined {
  if (!Array.isArray(changes)) return undefined;
  const levels: LevelText[] = [];
  for (const change of changes as readonly unknown[]) {
    const [side, price, size] = Array.isArray(change) ? (change as readonly unknown[]) : [];
    if ((side !== "buy" && side !== "sell") || typeof price !== "string" || typeof size !== "string") return undefined;
    levels.push({ side: side === "buy" ? BID : ASK, price, size });
  }
  return levels;
}
