import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";
import { FRAME_RECORDS_MAX, setTextId, type TradeCursor } from "../decode/trade-cursor.ts";

const TOPIC = literal('{"topic":"publicTrade.');
const STAMP = literal('","type":"snapshot","ts":');
const DATA = literal(',"data":[');
const TIME = literal('{"T":');
const SYMBOL = literal(',"s":"');
const SIDE = literal('","S":"');
const BUY = literal('Buy","v":"');
const SELL = literal('Sell","v":"');
const PRICE = literal('","p":"');
const DIRECTION = literal('","L":"');
const ID = literal('","i":"');
const BLOCK = literal('","BT":');
const IMPROVEMENT = literal(',"RPI":');
const SEQUENCE = literal(',"seq":');
const HYPHEN = 0x2d;
const UUID_HYPHEN_AT = 8;
const CLOSE = literal("}");

/** The fast path. */
export function readPublicTradeBytes(cursor: TradeCursor, trades: TradeBatch, marketFlags: number): boolean {
  if (!cursor.literal(TOPIC) || !cursor.text() || !cursor.literal(STAMP)) return false;
  if (cursor.integer() < 0 || !cursor.literal(DATA)) return false;
  let frameIndex = 0;
  do {
    if (frameIndex === FRAME_RECORDS_MAX || !readRecord(cursor, trades, frameIndex, marketFlags)) return false;
    frameIndex += 1;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY) && cursor.literal(CLOSE);
}

/** {"T":…,"s":"…","S":"…","v":"…","p":"…","L":"…","i":"…","BT":…,"RPI":…,"seq":…}; spot has no L, older ones no RPI and seq. */
function readRecord(cursor: TradeCursor, trades: TradeBatch, frameIndex: number, marketFlags: number): boolean {
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
  return readFlags(cursor, trades, row, marketFlags) && readSequence(cursor, trades, row) && cursor.literal(CLOSE);
}

/** A UUID on contracts, digits on spot. */
function readId(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  // No number has a hyphen inside; any other text that is no plain number is left to the slow path.
  if (cursor.bytes[cursor.at + UUID_HYPHEN_AT] !== HYPHEN) return cursor.numericId(trades, row);
  return (
    cursor.text() && cursor.textEnd - cursor.textStart > UUID_HYPHEN_AT && setTextId(trades, row, cursor.takeText())
  );
}

/** `","BT":…`, and `,"RPI":…` where there is one. */
function readFlags(cursor: TradeCursor, trades: TradeBatch, row: number, marketFlags: number): boolean {
  if (!cursor.literal(BLOCK)) return false;
  const block = cursor.truth();
  const improvement = cursor.literal(IMPROVEMENT) ? cursor.truth() : 0;
  trades.flags[row] =
    marketFlags | (block === 1 ? TRADE_FLAGS.block : 0) | (improvement === 1 ? TRADE_FLAGS.retailImprovement : 0);
  return block >= 0 && improvement >= 0;
}

/** `,"seq":…`; without it an id that is a number orders the trades, as numericId() set it. */
function readSequence(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (cursor.literal(SEQUENCE)) return cursor.int64(trades.sequence, row);
  if (trades.idText[row] !== undefined) trades.sequence.setNumber(row, 0);
  return true;
}
