import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { CLOSE_ARRAY, COMMA, QUOTE } from "../decode/characters.ts";
import { FrameIds } from "../decode/frame-ids.ts";
import { literal } from "../decode/literal.ts";
import { setTextId, type TradeCursor } from "../decode/trade-cursor.ts";

const OPEN = literal("[");
const OPEN_RECORDS = literal(",[");
const OPEN_RECORD = literal('["');
const NEXT = literal('","');
const BUY = literal('b","');
const SELL = literal('s","');
const CLOSE_RECORD = literal('"]');
const CHANNEL = literal(',"trade","');
const CLOSE = literal('"]');
/** More records than this in one frame have not been seen; they are left to the slow path. */
const RECORDS_MAX = 1024;
const SLASH = 0x2f;
/** Where an id is put together; used within one call. */
const ID_TEXT = Buffer.alloc(256);

/** The fast path. The pair stands last in the frame, but the prices need its unit: it is read first. */
export function readV1TradeBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  if (!cursor.literal(OPEN) || cursor.integer() < 0 || !cursor.literal(OPEN_RECORDS)) return false;
  const records = cursor.at;
  const first = trades.nextRow();
  cursor.at = pairStart(cursor.bytes);
  if (!cursor.symbol(trades, first)) return false;
  const listing = trades.listing[first] ?? 0;
  cursor.at = records;
  const ids = new FrameIds();
  let frameIndex = 0;
  do {
    if (frameIndex === RECORDS_MAX || !readRecord(cursor, trades, listing, frameIndex, ids)) return false;
    frameIndex += 1;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY) && cursor.literal(CHANNEL) && cursor.text() && cursor.literal(CLOSE);
}

/** Where the last string of the frame begins, as far as it is plain. */
function pairStart(bytes: Uint8Array): number {
  let at = bytes.length - CLOSE.bytes.length;
  while (at > 0 && bytes[at - 1] !== QUOTE) at -= 1;
  return at;
}

/** ["price","volume","time","b"|"s","m"|"l","misc"] */
function readRecord(
  cursor: TradeCursor,
  trades: TradeBatch,
  listing: number,
  frameIndex: number,
  ids: FrameIds,
): boolean {
  const row = trades.nextRow();
  if (!cursor.literal(OPEN_RECORD)) return false;
  const price = cursor.at;
  if (!cursor.price(trades, row) || !cursor.literal(NEXT)) return false;
  const size = cursor.at;
  if (!cursor.size(trades, row) || !cursor.literal(NEXT)) return false;
  const time = cursor.at;
  if (!cursor.unixSeconds(trades, row) || !cursor.literal(NEXT)) return false;
  const side = cursor.at;
  const isBuy = cursor.literal(BUY);
  if ((!isBuy && !cursor.literal(SELL)) || !cursor.text()) return false;
  const id = idText(cursor.bytes, { price, size, time, side, orderType: cursor.textStart, end: cursor.textEnd });
  if (id === undefined || !setTextId(trades, row, ids.idOf(id))) return false;
  trades.listing[row] = listing;
  trades.side[row] = isBuy ? SIDE_BUY : SIDE_SELL;
  trades.flags[row] = TRADE_FLAGS.syntheticId;
  trades.sequence.setNumber(row, 0);
  cursor.finish(trades, row, frameIndex);
  return cursor.literal(NEXT) && cursor.text() && cursor.literal(CLOSE_RECORD);
}

/** Where the parts of a record begin, and where its order type ends. */
interface Places {
  readonly price: number;
  readonly size: number;
  readonly time: number;
  readonly side: number;
  readonly orderType: number;
  readonly end: number;
}

/** `<time>/<price>/<volume>/<side><order type>`, put together as bytes: one string is made, not six. */
function idText(bytes: Uint8Array, { price, size, time, side, orderType, end }: Places): string | undefined {
  if (end - price > ID_TEXT.length) return undefined;
  const between = NEXT.bytes.length;
  let at = copy(bytes, time, side - between, 0);
  ID_TEXT[at] = SLASH;
  at = copy(bytes, price, size - between, at + 1);
  ID_TEXT[at] = SLASH;
  at = copy(bytes, size, time - between, at + 1);
  ID_TEXT[at] = SLASH;
  ID_TEXT[at + 1] = bytes[side] ?? 0;
  at = copy(bytes, orderType, end, at + 2);
  return ID_TEXT.toString("latin1", 0, at);
}

/** Copies a range to ID_TEXT. @returns the place after it */
function copy(bytes: Uint8Array, start: number, end: number, to: number): number {
  let at = to;
  for (let from = start; from < end; from += 1) {
    ID_TEXT[at] = bytes[from] ?? 0;
    at += 1;
  }
  return at;
}
