import { ASK, BID } from "../../domain/index.ts";
import type { BookDesk } from "../decode/book-desk.ts";
import { CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";

const CHANNEL = literal('{"channel":"');
const LEVEL2 = literal('l2_data"');
const END_TEXT = literal('"');
/** Documented, always empty; not sent any more in 2026. */
const CLIENT = literal(',"client_id":""');
const TIMESTAMP = literal(',"timestamp":"');
const SEQUENCE = literal('","sequence_num":');
const UPDATE = literal(',"events":[{"type":"update","product_id":"');
const SNAPSHOT = literal(',"events":[{"type":"snapshot","product_id":"');
const UPDATES = literal('","updates":[');
const BID_LEVEL = literal('{"side":"bid","event_time":"');
const ASK_LEVEL = literal('{"side":"offer","event_time":"');
const PRICE = literal('","price_level":"');
const SIZE = literal('","new_quantity":"');
const CLOSE_LEVEL = literal('"}');
const CLOSE = literal("}]}");

/** The frame's number into `head.sequence`. @returns whether it is of level2; undefined where it is not of the plain kind */
export function readFrameHead<S>({ cursor, head }: BookDesk<S>): boolean | undefined {
  if (!cursor.literal(CHANNEL)) return undefined;
  const isBook = cursor.literal(LEVEL2);
  if (!isBook && !(cursor.text() && cursor.literal(END_TEXT))) return undefined;
  cursor.literal(CLIENT);
  if (!cursor.literal(TIMESTAMP) || !cursor.text() || !cursor.literal(SEQUENCE)) return undefined;
  head.sequence = cursor.integer();
  return isBook;
}

/** ,"events":[{"type":"update","product_id":"…","updates":[level,…]}]}: one event, all its levels of one time. */
export function readLevel2Bytes<S>(desk: BookDesk<S>): boolean {
  const { cursor, head, levels } = desk;
  head.isSnapshot = !cursor.literal(UPDATE);
  if (head.isSnapshot && !cursor.literal(SNAPSHOT)) return false;
  if (!desk.symbol() || !cursor.literal(UPDATES)) return false;
  let timeStart = -1;
  let timeEnd = -1;
  do {
    const side = cursor.literal(BID_LEVEL) ? BID : ASK;
    if (side === ASK && !cursor.literal(ASK_LEVEL)) return false;
    if (timeStart < 0) {
      timeStart = cursor.at;
      if (!cursor.rfc3339(head, 0)) return false;
      timeEnd = cursor.at;
    } else if (!repeats(cursor.bytes, { at: cursor.at, start: timeStart, end: timeEnd })) {
      return false;
    } else {
      cursor.at += timeEnd - timeStart;
    }
    const isRead = cursor.literal(PRICE) && cursor.level(levels, side, SIZE) && cursor.literal(CLOSE_LEVEL);
    if (!isRead) return false;
  } while (cursor.byte(COMMA));
  head.hasTime = true;
  return cursor.byte(CLOSE_ARRAY) && cursor.literal(CLOSE);
}

/** Whether the bytes from `at` on are those from `start` to `end`. */
function repeats(
  bytes: Uint8Array,
  { at, start, end }: { readonly at: number; readonly start: number; readonly end: number },
): boolean {
  const offset = at - start;
  // They differ most often at the end.
  for (let index = end - 1; index >= start; index -= 1) if (bytes[index] !== bytes[index + offset]) return false;
  return true;
}
