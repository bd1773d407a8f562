import { ASK, BID } from "../../domain/index.ts";
import type { BookDesk } from "../decode/book-desk.ts";
import { CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";
import type { KeptBook } from "./kept-book.ts";

const OPEN_ARRAY = 0x5b;
const ALL_ASKS = literal(',{"as":');
const ALL_BIDS = literal(',"bs":');
const ASKS = literal(',{"a":');
const BIDS = literal(',{"b":');
const MORE_BIDS = literal('},{"b":');
const CHECKSUM = literal(',"c":"');
const CLOSE_CHECKSUM = literal('"},"');
const CLOSE_SNAPSHOT = literal('},"');
const BETWEEN = literal('","');
const OPEN_LEVEL = literal('["');
const CLOSE_LEVEL = literal('"]');
const CLOSE_REPUBLISHED = literal('","r"]');

const time = { eventTimeUs: new Float64Array(1), eventTimeNanos: new Uint16Array(1) };

/**
 * [id,{"as":[level,…],"bs":[level,…]},name,pair], [id,{"a":[level,…],"c":"…"},name,pair], the same with "b", and
 * [id,{"a":[level,…]},{"b":[level,…],"c":"…"},name,pair].
 */
export function readV1BookBytes(
  desk: BookDesk<KeptBook>,
  {
    nameStart,
    pairStart,
    pairEnd,
  }: { readonly nameStart: number; readonly pairStart: number; readonly pairEnd: number },
): boolean {
  const { cursor, head } = desk;
  desk.useSymbolAt(pairStart, pairEnd);
  if (!cursor.byte(OPEN_ARRAY) || cursor.integer() < 0) return false;
  head.isSnapshot = cursor.literal(ALL_ASKS);
  if (head.isSnapshot) {
    const isRead = levels(desk, ASK) && cursor.literal(ALL_BIDS) && levels(desk, BID) && cursor.literal(CLOSE_SNAPSHOT);
    head.hasTime = false;
    return isRead && endsAt(desk, nameStart, pairEnd);
  }
  const isRead = cursor.literal(ASKS)
    ? levels(desk, ASK) && (!cursor.literal(MORE_BIDS) || levels(desk, BID))
    : cursor.literal(BIDS) && levels(desk, BID);
  if (!isRead || !cursor.literal(CHECKSUM)) return false;
  head.checksum = cursor.integer();
  return head.checksum >= 0 && cursor.literal(CLOSE_CHECKSUM) && endsAt(desk, nameStart, pairEnd);
}

/** The cursor stands where the name begins, and nothing but the name and the pair follows. */
function endsAt({ cursor }: BookDesk<KeptBook>, nameStart: number, pairEnd: number): boolean {
  if (cursor.at !== nameStart) return false;
  cursor.at = pairEnd + 2;
  return true;
}

/** [["price","size","time"(,"r")],…]; the latest time is the message's. */
function levels({ cursor, head, levels: rows }: BookDesk<KeptBook>, side: number): boolean {
  if (!cursor.byte(OPEN_ARRAY)) return false;
  if (cursor.byte(CLOSE_ARRAY)) return true;
  do {
    const isRead =
      cursor.literal(OPEN_LEVEL) &&
      cursor.level(rows, side, BETWEEN) &&
      cursor.literal(BETWEEN) &&
      cursor.unixSeconds(time, 0) &&
      (cursor.literal(CLOSE_LEVEL) || cursor.literal(CLOSE_REPUBLISHED));
    if (!isRead) return false;
    const us = time.eventTimeUs[0] ?? 0;
    const nanos = time.eventTimeNanos[0] ?? 0;
    const latestUs = head.eventTimeUs[0] ?? 0;
    if (!head.hasTime || us > latestUs || (us === latestUs && nanos > (head.eventTimeNanos[0] ?? 0))) {
      head.eventTimeUs[0] = us;
      head.eventTimeNanos[0] = nanos;
      head.hasTime = true;
    }
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY);
}
