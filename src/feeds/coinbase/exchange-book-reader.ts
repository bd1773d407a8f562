import { ASK, BID, type BookChannel, type BookOutcome, type BookReader } from "../../domain/index.ts";
import type { BookFormat } from "../decode/book-desk.ts";
import { type BookDesk, createBookReader } from "../decode/book-desk.ts";
import type { BookProblem, BookText } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { levelPairs } from "../decode/book-message.ts";
import { isObject, type JsonObject, textOf } from "../decode/lexeme-json.ts";
import { literal } from "../decode/literal.ts";
import { ProvenBook } from "../decode/proven-book.ts";
import { readSideChanges } from "../decode/side-changes.ts";
import { rfc3339Time } from "../decode/times-in-text.ts";
import type { DecoderOptions } from "../feed.ts";
import { EXCHANGE_BOOK_CHANNELS, FULL } from "./book-channels.ts";
import { createFullBookReader } from "./full-book-reader.ts";

const TYPE = literal('{"type":"');
const UPDATE = literal('l2update","product_id":"');
const SNAPSHOT = literal('snapshot","product_id":"');
const CHANGES = literal('","changes":[');
const TIME = literal(',"time":"');
const CLOSE_TIMED = literal('"}');
const CLOSE = literal("}");
const ASKS_FIRST = literal('","asks":');
const BIDS_FIRST = literal('","bids":');
const ASKS = literal(',"asks":');
const BIDS = literal(',"bids":');

/** Reads the books of one socket. @param options.channels of EXCHANGE_BOOK_CHANNELS; others are ignored */
export function createExchangeBookReader(options: DecoderOptions): BookReader {
  return options.channels.includes(FULL.name) ? createFullBookReader() : createBookReader(exchangeBookFormat(options));
}

/*
 * Channels level2 and level2_batch:
 * {"type":"snapshot","product_id":…,"asks":[[price,size],…],"bids":[…](,"time":…)}, then
 * {"type":"l2update","product_id":…,"changes":[["buy"|"sell",price,size],…],"time":…}
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#level2-channel
 *
 *   price, size  as texts; size 0: no such level any more       time  RFC 3339
 *
 * Nothing numbers these messages: a book goes on from its snapshot for as long as every frame can be read.
 */
export function exchangeBookFormat({ channels }: DecoderOptions): BookFormat<ProvenBook> {
  const channel = EXCHANGE_BOOK_CHANNELS.find(({ name }) => channels.includes(name));
  return {
    isNumbered: false,
    createState: (saved) => new ProvenBook(saved === true),
    saveState: ({ isProven }) => isProven,
    take: (book, head) => book.take(head),
    forget: (book) => book.forget(),
    readBytes: (desk) => (channel === undefined ? "other" : readBytes(desk, channel)),
    readMessage(message, desk): BookOutcome {
      const type = isObject(message) ? message["type"] : undefined;
      if (channel === undefined || !isObject(message) || (type !== "snapshot" && type !== "l2update")) return "other";
      desk.take(readMessageOf(message, type, channel));
      return "book";
    },
  };
}

function readBytes(desk: BookDesk<ProvenBook>, channel: BookChannel): BookOutcome | undefined {
  const { cursor, head } = desk;
  if (!cursor.literal(TYPE)) return undefined;
  head.channel = channel;
  if (cursor.literal(UPDATE)) return readUpdateBytes(desk) ? desk.deliver() : undefined;
  if (cursor.literal(SNAPSHOT)) return readSnapshotBytes(desk) ? desk.deliver() : undefined;
  if (!cursor.text()) return undefined;
  const type = cursor.takeText();
  return type === "l2update" || type === "snapshot" ? undefined : "other";
}

function readUpdateBytes(desk: BookDesk<ProvenBook>): boolean {
  const { cursor, head, levels } = desk;
  if (!desk.symbol() || !cursor.literal(CHANGES)) return false;
  head.hasTime = readSideChanges(cursor, levels) && cursor.literal(TIME) && cursor.rfc3339(head, 0);
  return head.hasTime && cursor.literal(CLOSE_TIMED);
}

function readSnapshotBytes(desk: BookDesk<ProvenBook>): boolean {
  const { cursor, head, levels } = desk;
  if (!desk.symbol()) return false;
  head.isSnapshot = true;
  const isRead = cursor.literal(ASKS_FIRST)
    ? cursor.pairs(levels, ASK) && cursor.literal(BIDS) && cursor.pairs(levels, BID)
    : cursor.literal(BIDS_FIRST) && cursor.pairs(levels, BID) && cursor.literal(ASKS) && cursor.pairs(levels, ASK);
  if (!isRead) return false;
  if (cursor.literal(CLOSE)) return true;
  head.hasTime = cursor.literal(TIME) && cursor.rfc3339(head, 0);
  return head.hasTime && cursor.literal(CLOSE_TIMED);
}

function readMessageOf(
  message: JsonObject,
  type: "snapshot" | "l2update",
  channel: BookChannel,
): BookText | BookProblem {
  const rawSymbol = textOf(message["product_id"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (rawSymbol === undefined) return wrong("product_id is not a text");
  const isSnapshot = type === "snapshot";
  const levels = isSnapshot ? snapshotLevels(message) : changeLevels(message["changes"]);
  if (levels === undefined) return wrong("the levels are not lists of texts");
  const time = rfc3339Time(textOf(message["time"]) ?? "");
  if (time === undefined && !(isSnapshot && message["time"] === undefined))
    return wrong("time is not an RFC 3339 time");
  return { rawSymbol, channel, isSnapshot, levels, time };
}

function snapshotLevels(message: JsonObject): readonly LevelText[] | undefined {
  const bids = levelPairs(message["bids"], BID);
  const asks = levelPairs(message["asks"], ASK);
  if (bids === undefined || asks === undefined) return undefined;
  // In the order of the message, as by the fast path.
  const keys = Object.keys(message);
  return keys.indexOf("asks") < keys.indexOf("bids") ? [...asks, ...bids] : [...bids, ...asks];
}

function changeLevels(changes: unknown): readonly LevelText[] | undefined {
  if (!Array.isArray(changes)) return undefined;
  const levels: LevelText[] = [];
  for (const change of changes as readonly unknown[]) {
    const [side, price, size] = Array.isArray(change) ? (change as readonly unknown[]) : [];
    if ((side !== "buy" && side !== "sell") || typeof price !== "string" || typeof size !== "string") return undefined;
    levels.push({ side: side === "buy" ? BID : ASK, price, size });
  }
  return levels;
}
