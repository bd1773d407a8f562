import { ASK, BID, type BookChannel, type BookOutcome } from "../../domain/index.ts";
import type { BookDesk } from "../decode/book-desk.ts";
import { CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";

const FEED = literal('{"feed":"');
const CHANGE = literal('book","product_id":"');
const SNAPSHOT = literal('book_snapshot","product_id":"');
const BUY = literal('","side":"buy","seq":');
const SELL = literal('","side":"sell","seq":');
const PRICE = literal(',"price":');
const SIZE = literal(',"qty":');
const TIME = literal(',"timestamp":');
const CLOSE = literal("}");
const SNAPSHOT_TIME = literal('","timestamp":');
const SEQUENCE = literal(',"seq":');
const NO_TICK_SIZE = literal(',"tickSize":null');
const BIDS = literal(',"bids":[');
const ASKS = literal(',"asks":[');
const OPEN_LEVEL = literal('{"price":');

/** The fast path, in the order of keys that the venue sends. */
export function readBookBytes<S>(desk: BookDesk<S>, channel: BookChannel): BookOutcome | undefined {
  const { cursor, head } = desk;
  if (!cursor.literal(FEED)) return undefined;
  head.channel = channel;
  if (cursor.literal(CHANGE)) return readChange(desk) ? desk.deliver() : undefined;
  if (cursor.literal(SNAPSHOT)) return readSnapshot(desk) ? desk.deliver() : undefined;
  if (!cursor.text()) return undefined;
  const feed = cursor.takeText();
  return feed === "book" || feed === "book_snapshot" ? undefined : "other";
}

function readChange<S>(desk: BookDesk<S>): boolean {
  const { cursor, head, levels } = desk;
  if (!desk.symbol()) return false;
  const isBid = cursor.literal(BUY);
  if (!isBid && !cursor.literal(SELL)) return false;
  head.sequence = cursor.integer();
  if (head.sequence < 0 || !cursor.literal(PRICE) || !cursor.level(levels, isBid ? BID : ASK, SIZE)) return false;
  head.hasTime = cursor.literal(TIME) && cursor.unixTime(head, 0);
  return head.hasTime && cursor.literal(CLOSE);
}

function readSnapshot<S>(desk: BookDesk<S>): boolean {
  const { cursor, head } = desk;
  if (!desk.symbol() || !cursor.literal(SNAPSHOT_TIME) || !cursor.unixTime(head, 0)) return false;
  head.hasTime = true;
  head.isSnapshot = true;
  if (!cursor.literal(SEQUENCE)) return false;
  head.sequence = cursor.integer();
  if (head.sequence < 0) return false;
  cursor.literal(NO_TICK_SIZE);
  return (
    cursor.literal(BIDS) &&
    readLevels(desk, BID) &&
    cursor.literal(ASKS) &&
    readLevels(desk, ASK) &&
    cursor.literal(CLOSE)
  );
}

/** {"price":…,"qty":…},… up to the array's end, also none. */
function readLevels<S>({ cursor, levels }: BookDesk<S>, side: number): boolean {
  if (cursor.byte(CLOSE_ARRAY)) return true;
  do {
    const isRead = cursor.literal(OPEN_LEVEL) && cursor.level(levels, side, SIZE) && cursor.literal(CLOSE);
    if (!isRead) return false;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY);
}
