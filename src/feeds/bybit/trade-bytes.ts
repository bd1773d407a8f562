import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { bytesOf, CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { FRAME_RECORDS_MAX, setTextId, type TradeCursor } from "../decode/trade-cursor.ts";

const TOPIC = bytesOf('{"topic":"publicTrade.');
const STAMP = bytesOf('","type":"snapshot","ts":');
const DATA = bytesOf(',"data":[');
const TIME = bytesOf('{"T":');
const SYMBOL = bytesOf(',"s":"');
const SIDE = bytesOf('","S":"');
const BUY = bytesOf('Buy","v":"');
const SELL = bytesOf('Sell","v":"');
const PRICE = bytesOf('","p":"');
const DIRECTION = bytesOf('","L":"');
const ID = bytesOf('","i":"');
const BLOCK = bytesOf('","BT":');
const IMPROVEMENT = bytesOf(',"RPI":');
const SEQUENCE = bytesOf(',"seq":');
const QUOTE = 0x22;
const CLOSE = bytesOf("}");

/** The fast path. */
export function readPublicTradeBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  if (!cursor.literal(TOPIC) || !cursor.text() || !cursor.literal(STAMP)) return false;
  if (cursor.integer() < 0 || !cursor.literal(DATA)) return false;
  let frameIndex = 0;
  do {
    if (frameIndex === FRAME_RECORDS_MAX || !readRecord(cursor, trades, frameIndex)) return false;
    frameIndex += 1;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY) && cursor.literal(CLOSE);
}

/** {"T":…,"s":"…","S":"…","v":"…","p":"…","L":"…","i":"…","BT":…,"RPI":…,"seq":…}; spot has no L, older ones no RPI and seq. */
function readRecord(cursor: TradeCursor, trades: TradeBatch, frameIndex: number): boolean {
  const row = trades.nextRow();
  const named =
    cursor.literal(TIME) &&
    cursor.unixTime(trades, row) &&
    cursor.literal(SYMBOL) &&
    cursor.symbol(trades, row) &&
    cursor.literal(SIDE);
  if (!named) return false;
  const isBuy = cursor.literal(BUY);
  if (!isBuy && !cursor.literal(SELL)) return false;
  trades.side[row] = isBuy ? SIDE_BUY : SIDE_SELL;
  if (!cursor.size(trades, row) || !cursor.literal(PRICE) || !cursor.price(trades, row)) return false;
  if (cursor.literal(DIRECTION) && !cursor.text()) return false;
  if (!cursor.literal(ID) || !readId(cursor, trades, row)) return false;
  cursor.finish(trades, row, frameIndex);
  return readFlags(cursor, trades, row) && readSequence(cursor, trades, row) && cursor.literal(CLOSE);
}

/** Digits on spot, a UUID on contracts. */
function readId(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  const start = cursor.at;
  if (cursor.numericId(trades, row) && cursor.bytes[cursor.at] === QUOTE) return true;
  cursor.at = start;
  return cursor.text() && isNoNumber(cursor, start) && setTextId(trades, row, cursor.takeText());
}

/** Whether an id that is not read as a number is plainly none: digits of other kinds are left to the slow path. */
function isNoNumber(cursor: TradeCursor, start: number): boolean {
  const { bytes, textEnd } = cursor;
  for (let at = start; at < textEnd; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x30 || byte > 0x39) return true;
  }
  return false;
}

/** `","BT":…`, and `,"RPI":…` where there is one. */
function readFlags(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (!cursor.literal(BLOCK)) return false;
  const block = cursor.truth();
  const improvement = cursor.literal(IMPROVEMENT) ? cursor.truth() : 0;
  trades.flags[row] = (block === 1 ? TRADE_FLAGS.block : 0) | (improvement === 1 ? TRADE_FLAGS.retailImprovement : 0);
  return block >= 0 && improvement >= 0;
}

/** `,"seq":…`; without it an id that is a number orders the trades, as numericId() set it. */
function readSequence(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (cursor.literal(SEQUENCE)) return cursor.int64(trades.sequence, row);
  if (trades.idText[row] !== undefined) trades.sequence.setNumber(row, 0);
  return true;
}
