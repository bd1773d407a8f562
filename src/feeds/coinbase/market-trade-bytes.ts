import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";
import { FRAME_RECORDS_MAX, type TradeCursor } from "../decode/trade-cursor.ts";

const CHANNEL = literal('{"channel":"market_trades"');
/** Documented, always empty; not sent any more in 2026. */
const CLIENT = literal(',"client_id":""');
const TIMESTAMP = literal(',"timestamp":"');
const SEQUENCE = literal('","sequence_num":');
const EVENTS = literal(',"events":[');
const UPDATE = literal('{"type":"update","trades":[');
const SNAPSHOT = literal('{"type":"snapshot","trades":[');
const PRODUCT = literal('{"product_id":"');
const ID = literal('","trade_id":"');
const ID_FIRST = literal('{"trade_id":"');
const PRODUCT_SECOND = literal('","product_id":"');
const PRICE = literal('","price":"');
const SIZE = literal('","size":"');
const TIME = literal('","time":"');
const SIDE = literal('","side":"');
const MAKER_BUYS = literal("BUY");
const MAKER_SELLS = literal("SELL");
const CLOSE_RECORD = literal('"}');
const CLOSE = literal("}");

/** The fast path: records as recorded in 2026 (product first, side last) or as documented (id first, time last). */
export function readMarketTradeBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  if (!readHead(cursor)) return false;
  let frameIndex = 0;
  do {
    frameIndex = readEvent(cursor, trades, frameIndex);
    if (frameIndex < 0) return false;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY) && cursor.literal(CLOSE);
}

/** {"channel":"market_trades","timestamp":"…","sequence_num":…,"events":[ */
function readHead(cursor: TradeCursor): boolean {
  if (!cursor.literal(CHANNEL)) return false;
  cursor.literal(CLIENT);
  const stamped = cursor.literal(TIMESTAMP) && cursor.text() && cursor.literal(SEQUENCE);
  return stamped && cursor.integer() >= 0 && cursor.literal(EVENTS);
}

/** {"type":"update","trades":[record, …]}. @returns the frame's next record number, or -1 */
function readEvent(cursor: TradeCursor, trades: TradeBatch, fromIndex: number): number {
  const isUpdate = cursor.literal(UPDATE);
  if (!isUpdate && !cursor.literal(SNAPSHOT)) return -1;
  const flags = isUpdate ? 0 : TRADE_FLAGS.snapshot;
  let frameIndex = fromIndex;
  do {
    if (frameIndex === FRAME_RECORDS_MAX || !readRecord(cursor, trades, flags, frameIndex)) return -1;
    frameIndex += 1;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY) && cursor.literal(CLOSE) ? frameIndex : -1;
}

/**
 * {"product_id":"…","trade_id":"…","price":"…","size":"…","time":"…","side":"…"} or
 * {"trade_id":"…","product_id":"…","price":"…","size":"…","side":"…","time":"…"}
 */
function readRecord(cursor: TradeCursor, trades: TradeBatch, flags: number, frameIndex: number): boolean {
  const row = trades.nextRow();
  const named = cursor.literal(PRODUCT)
    ? cursor.symbol(trades, row) && cursor.literal(ID) && cursor.numericId(trades, row)
    : cursor.literal(ID_FIRST) &&
      cursor.numericId(trades, row) &&
      cursor.literal(PRODUCT_SECOND) &&
      cursor.symbol(trades, row);
  const counted =
    named && cursor.literal(PRICE) && cursor.price(trades, row) && cursor.literal(SIZE) && cursor.size(trades, row);
  if (!counted) return false;
  const timed = cursor.literal(TIME)
    ? cursor.rfc3339(trades, row) && readSide(cursor, trades, row)
    : readSide(cursor, trades, row) && cursor.literal(TIME) && cursor.rfc3339(trades, row);
  if (!timed || !cursor.literal(CLOSE_RECORD)) return false;
  trades.flags[row] = flags;
  cursor.finish(trades, row, frameIndex);
  return true;
}

/** `","side":"BUY`: the maker's, so the taker's is the other. */
function readSide(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (!cursor.literal(SIDE)) return false;
  const makerBuys = cursor.literal(MAKER_BUYS);
  trades.side[row] = makerBuys ? SIDE_SELL : SIDE_BUY;
  return makerBuys || cursor.literal(MAKER_SELLS);
}
