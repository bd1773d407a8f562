import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";
import { FRAME_RECORDS_MAX, type TradeCursor } from "../decode/trade-cursor.ts";

const UPDATE = literal('{"channel":"trade","type":"update","data":[');
const SNAPSHOT = literal('{"channel":"trade","type":"snapshot","data":[');
const SYMBOL = literal('{"symbol":"');
const SIDE = literal('","side":"');
const BUY = literal('buy","price":');
const SELL = literal('sell","price":');
const SIZE = literal(',"qty":');
const ORDER_TYPE = literal(',"ord_type":"');
const ID = literal('","trade_id":');
const TIME = literal(',"timestamp":"');
const CLOSE_RECORD = literal('"}');
const CLOSE = literal("}");

/** The fast path, in the documented order of keys. */
export function readV2TradeBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  const isUpdate = cursor.literal(UPDATE);
  if (!isUpdate && !cursor.literal(SNAPSHOT)) return false;
  const flags = isUpdate ? 0 : TRADE_FLAGS.snapshot;
  let frameIndex = 0;
  do {
    if (frameIndex === FRAME_RECORDS_MAX || !readRecord(cursor, trades, flags, frameIndex)) return false;
    frameIndex += 1;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY) && cursor.literal(CLOSE);
}

/** {"symbol":"…","side":"…","price":…,"qty":…,"ord_type":"…","trade_id":…,"timestamp":"…"} */
function readRecord(cursor: TradeCursor, trades: TradeBatch, flags: number, frameIndex: number): boolean {
  const row = trades.nextRow();
  if (!cursor.literal(SYMBOL) || !cursor.symbol(trades, row) || !cursor.literal(SIDE)) return false;
  const isBuy = cursor.literal(BUY);
  if (!isBuy && !cursor.literal(SELL)) return false;
  trades.side[row] = isBuy ? SIDE_BUY : SIDE_SELL;
  trades.flags[row] = flags;
  const complete =
    cursor.price(trades, row) &&
    cursor.literal(SIZE) &&
    cursor.size(trades, row) &&
    cursor.literal(ORDER_TYPE) &&
    cursor.text() &&
    cursor.literal(ID) &&
    cursor.numericId(trades, row) &&
    cursor.literal(TIME) &&
    cursor.rfc3339(trades, row) &&
    cursor.literal(CLOSE_RECORD);
  if (complete) cursor.finish(trades, row, frameIndex);
  return complete;
}
