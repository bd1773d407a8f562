import { ASK, BID, type BookLevels } from "../../domain/index.ts";
import type { BookCursor } from "../decode/book-cursor.ts";
import type { BookHead } from "../decode/book-head.ts";
import { literal } from "../decode/literal.ts";

const DEPTH = literal('{"e":"depthUpdate","E":');
const MATCHED = literal(',"T":');
const SYMBOL = literal(',"s":"');
const PAIR = literal('","ps":"');
const FIRST = literal('","U":');
const LAST = literal(',"u":');
const PREVIOUS = literal(',"pu":');
const BIDS = literal(',"b":');
const ASKS = literal(',"a":');
const CLOSE = literal("}");

const LAST_UPDATE = literal('{"lastUpdateId":');
const MADE = literal(',"E":');
const FULL_SYMBOL = literal(',"symbol":"');
const FULL_PAIR = literal('","pair":"');
const FULL_PAIR_END = literal('"');
const FULL_BIDS = literal(',"bids":');
const FULL_ASKS = literal(',"asks":');

const TICKER = literal('{"u":');
const TICKER_NAME = literal(',"e":"bookTicker"');
const TICKER_NAMED = literal('{"e":"bookTicker","u":');
const BID_PRICE = literal('","b":"');
const BID_SIZE = literal('","B":"');
const ASK_PRICE = literal('","a":"');
const ASK_SIZE = literal('","A":"');
const END_TEXT = literal('"');

/** What the readers of this file fill: a `BookDesk`. */
export interface BinanceDesk {
  readonly cursor: BookCursor;
  readonly head: BookHead;
  levels: BookLevels;
  symbol(): boolean;
}

/**
 * spot:    {"e":"depthUpdate","E":…,"s":"…","U":…,"u":…,"b":[…],"a":[…]}
 * futures: {"e":"depthUpdate","E":…,"T":…,"s":"…",("ps":"…",)"U":…,"u":…,"pu":…,"b":[…],"a":[…]}
 */
export function readDepthBytes(desk: BinanceDesk): boolean {
  const { cursor, head, levels } = desk;
  if (!cursor.literal(DEPTH) || !cursor.unixTime(head, 0)) return false;
  if (cursor.literal(MATCHED) && !cursor.unixTime(head, 0)) return false;
  head.hasTime = true;
  if (!cursor.literal(SYMBOL) || !desk.symbol()) return false;
  if (cursor.literal(PAIR) && !cursor.text()) return false;
  head.first = cursor.literal(FIRST) ? cursor.integer() : -1;
  head.sequence = cursor.literal(LAST) ? cursor.integer() : -1;
  if (head.first < 0 || head.sequence < 0) return false;
  if (cursor.literal(PREVIOUS)) {
    head.previous = cursor.integer();
    if (head.previous < 0) return false;
  }
  return (
    cursor.literal(BIDS) &&
    cursor.pairs(levels, BID) &&
    cursor.literal(ASKS) &&
    cursor.pairs(levels, ASK) &&
    cursor.literal(CLOSE)
  );
}

/**
 * A whole book, of whose symbol its message need not speak; `desk.entry` is its entry:
 * {"lastUpdateId":…,("E":…,"T":…,("symbol":"…","pair":"…",))"bids":[…],"asks":[…]}
 */
export function readSnapshotBytes({ cursor, head, levels }: BinanceDesk): boolean {
  head.sequence = cursor.literal(LAST_UPDATE) ? cursor.integer() : -1;
  if (head.sequence < 0) return false;
  if (cursor.literal(MADE)) {
    if (!cursor.unixTime(head, 0) || !cursor.literal(MATCHED) || !cursor.unixTime(head, 0)) return false;
    head.hasTime = true;
  }
  if (
    cursor.literal(FULL_SYMBOL) &&
    !(cursor.text() && cursor.literal(FULL_PAIR) && cursor.text() && cursor.literal(FULL_PAIR_END))
  )
    return false;
  head.isSnapshot = true;
  return (
    cursor.literal(FULL_BIDS) &&
    cursor.pairs(levels, BID) &&
    cursor.literal(FULL_ASKS) &&
    cursor.pairs(levels, ASK) &&
    cursor.literal(CLOSE)
  );
}

/**
 * spot:    {"u":…,"s":"…","b":"…","B":"…","a":"…","A":"…"}
 * futures: {"e":"bookTicker","u":…,"s":"…",("ps":"…",)"b":"…","B":"…","a":"…","A":"…","T":…,"E":…}, or "u" first
 */
export function readTickerBytes(desk: BinanceDesk): boolean {
  const { cursor, head, levels } = desk;
  const isNamed = cursor.literal(TICKER_NAMED);
  head.sequence = isNamed || cursor.literal(TICKER) ? cursor.integer() : -1;
  if (head.sequence < 0) return false;
  if (!isNamed) cursor.literal(TICKER_NAME);
  if (!cursor.literal(SYMBOL) || !desk.symbol()) return false;
  if (cursor.literal(PAIR) && !cursor.text()) return false;
  const isRead =
    cursor.literal(BID_PRICE) &&
    cursor.level(levels, BID, BID_SIZE) &&
    cursor.literal(ASK_PRICE) &&
    cursor.level(levels, ASK, ASK_SIZE) &&
    cursor.literal(END_TEXT);
  if (!isRead) return false;
  head.isSnapshot = true;
  if (cursor.literal(CLOSE)) return true;
  head.hasTime = true;
  return (
    cursor.literal(MATCHED) &&
    cursor.unixTime(head, 0) &&
    cursor.literal(MADE) &&
    cursor.integer() >= 0 &&
    cursor.literal(CLOSE)
  );
}
