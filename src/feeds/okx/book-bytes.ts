import { ASK, BID, type BookChannel, type BookOutcome } from "../../domain/index.ts";
import type { BookDesk } from "../decode/book-desk.ts";
import { CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";

const OPEN_ARRAY = 0x5b;
const MINUS = 0x2d;
const CHANNEL = literal('{"arg":{"channel":"');
const INSTRUMENT = literal('","instId":"');
const SNAPSHOT = literal('"},"action":"snapshot","data":[{"asks":');
const UPDATE = literal('"},"action":"update","data":[{"asks":');
const WHOLE = literal('"},"data":[{"asks":');
const BIDS = literal(',"bids":');
const INSTRUMENT_AGAIN = literal(',"instId":"');
const TIME_AFTER_TEXT = literal('","ts":"');
const TIME = literal(',"ts":"');
const END_TEXT = literal('"');
const CHECKSUM = literal(',"checksum":');
const PREVIOUS = literal(',"prevSeqId":');
const SEQUENCE = literal(',"seqId":');
const CLOSE = literal("}]}");
const OPEN_LEVEL = literal('["');
const BETWEEN = literal('","');
const ZERO_AND_ORDERS = literal('","0","');
const CLOSE_LEVEL = literal('"]');

/** The fast path, in the order of keys that the venue sends. */
export function readBookBytes<S>(desk: BookDesk<S>, channels: readonly BookChannel[]): BookOutcome | undefined {
  const { cursor, head } = desk;
  if (!cursor.literal(CHANNEL) || !cursor.text()) return undefined;
  const name = cursor.takeText();
  const channel = channels.find((known) => known.name === name);
  if (channel === undefined) return "other";
  head.channel = channel;
  if (!cursor.literal(INSTRUMENT) || !desk.symbol()) return undefined;
  const isKept = name === "books";
  head.isSnapshot = cursor.literal(isKept ? SNAPSHOT : WHOLE);
  if (!head.isSnapshot && !(isKept && cursor.literal(UPDATE))) return undefined;
  if (!levels(desk, ASK) || !cursor.literal(BIDS) || !levels(desk, BID)) return undefined;
  // books5 and bbo-tbt repeat the instrument here.
  const isTimed = cursor.literal(INSTRUMENT_AGAIN)
    ? cursor.text() && cursor.literal(TIME_AFTER_TEXT)
    : cursor.literal(TIME);
  if (!isTimed || !cursor.unixTime(head, 0) || !cursor.literal(END_TEXT)) return undefined;
  head.hasTime = true;
  return readNumbers(desk, isKept) && cursor.literal(CLOSE) ? desk.deliver() : undefined;
}

/** ,"checksum":…,"prevSeqId":…,"seqId":…; each of them may be missing. */
function readNumbers<S>({ cursor, head }: BookDesk<S>, isKept: boolean): boolean {
  if (cursor.literal(CHECKSUM)) {
    const isNegative = cursor.byte(MINUS);
    const checksum = cursor.integer();
    if (checksum < 0 || checksum > 9_999_999_999) return false;
    head.checksum = isNegative ? -checksum : checksum;
  }
  if (cursor.literal(PREVIOUS)) {
    const isNone = cursor.byte(MINUS);
    const previous = cursor.integer();
    if (previous < 0 || (isNone && previous !== 1)) return false;
    head.previous = isNone ? -1 : previous;
  }
  if (!cursor.literal(SEQUENCE)) return head.previous === undefined;
  head.sequence = cursor.integer();
  return head.sequence >= 0 && (!isKept || head.previous !== undefined);
}

/** [["price","size","0","orders"],…] */
function levels<S>({ cursor, levels: rows }: BookDesk<S>, side: number): boolean {
  if (!cursor.byte(OPEN_ARRAY)) return false;
  if (cursor.byte(CLOSE_ARRAY)) return true;
  do {
    const isRead =
      cursor.literal(OPEN_LEVEL) &&
      cursor.level(rows, side, BETWEEN) &&
      cursor.literal(ZERO_AND_ORDERS) &&
      cursor.integer() >= 0 &&
      cursor.literal(CLOSE_LEVEL);
    if (!isRead) return false;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY);
}
