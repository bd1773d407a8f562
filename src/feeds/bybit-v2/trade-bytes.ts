import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { CLOSE_ARRAY, COMMA } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";
import { FRAME_RECORDS_MAX, setTextId, type TradeCursor } from "../decode/trade-cursor.ts";

const TOPIC = literal('{"topic":"trade.');
const DATA = literal('","data":[');
const TIME = literal('{"trade_time_ms":');
const SECOND = literal(',"timestamp":"');
const SYMBOL = literal('","symbol":"');
const SIDE = literal('","side":"');
const BUY = literal('Buy","size":');
const SELL = literal('Sell","size":');
const PRICE = literal(',"price":');
const DIRECTION = literal(',"tick_direction":"');
const ID = literal('","trade_id":"');
const SEQUENCE = literal('","cross_seq":');
const CLOSE = literal("}");
const HYPHEN = 0x2d;
const UUID_HYPHEN_AT = 8;

/** The fast path. */
export function readV2TradeBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  if (!cursor.literal(TOPIC) || !cursor.text() || !cursor.literal(DATA)) return false;
  let frameIndex = 0;
  do {
    if (frameIndex === FRAME_RECORDS_MAX || !readRecord(cursor, trades, frameIndex)) return false;
    frameIndex += 1;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY) && cursor.literal(CLOSE);
}

/** {"trade_time_ms":…,"timestamp":"…","symbol":"…","side":"…","size":…,"price":…,"tick_direction":"…","trade_id":"…","cross_seq":…} */
function readRecord(cursor: TradeCursor, trades: TradeBatch, frameIndex: number): boolean {
  const row = trades.nextRow();
  const named =
    cursor.literal(TIME) &&
    cursor.unixTime(trades, row) &&
    cursor.literal(SECOND) &&
    cursor.text() &&
    cursor.literal(SYMBOL) &&
    cursor.symbol(trades, row) &&
    cursor.literal(SIDE);
  if (!named) return false;
  const isBuy = cursor.literal(BUY);
  if (!isBuy && !cursor.literal(SELL)) return false;
  trades.side[row] = isBuy ? SIDE_BUY : SIDE_SELL;
  trades.flags[row] = TRADE_FLAGS.contracts;
  const priced =
    cursor.size(trades, row) &&
    cursor.literal(PRICE) &&
    cursor.price(trades, row) &&
    cursor.literal(DIRECTION) &&
    cursor.text() &&
    cursor.literal(ID);
  if (!priced || !readId(cursor, trades, row)) return false;
  cursor.finish(trades, row, frameIndex);
  return cursor.literal(SEQUENCE) && cursor.int64(trades.sequence, row) && cursor.literal(CLOSE);
}

/** A UUID; no number has a hyphen there, so that no number is taken for a text. */
function readId(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (cursor.bytes[cursor.at + UUID_HYPHEN_AT] !== HYPHEN || !cursor.text()) return false;
  return cursor.textEnd - cursor.textStart > UUID_HYPHEN_AT && setTextId(trades, row, cursor.takeText());
}
