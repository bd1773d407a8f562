import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { literal } from "../decode/literal.ts";
import { setTextId, type TradeCursor } from "../decode/trade-cursor.ts";

const SYMBOL = literal('{"feed":"trade","product_id":"');
const ID = literal('","uid":"');
const SIDE = literal('","side":"');
const BUY = literal('buy","type":"');
const SELL = literal('sell","type":"');
const FILL = literal('fill","seq":');
const LIQUIDATION = literal('liquidation","seq":');
const TIME = literal(',"time":');
const SIZE = literal(',"qty":');
const PRICE = literal(',"price":');
const CLOSE = literal("}");
const HYPHEN = 0x2d;
const UUID_HYPHEN_AT = 8;
const P = 0x50;
const F = 0x46;
const I = 0x49;
const UNDERSCORE = 0x5f;

/** The fast path: one trade a frame, a fill or a liquidation. */
export function readTradeBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  const row = trades.nextRow();
  if (!cursor.literal(SYMBOL) || !cursor.symbol(trades, row)) return false;
  trades.flags[row] = isInverse(cursor) ? TRADE_FLAGS.contracts : 0;
  if (!cursor.literal(ID) || !readId(cursor, trades, row) || !cursor.literal(SIDE)) return false;
  const isBuy = cursor.literal(BUY);
  if (!isBuy && !cursor.literal(SELL)) return false;
  trades.side[row] = isBuy ? SIDE_BUY : SIDE_SELL;
  if (!cursor.literal(FILL) && !cursor.literal(LIQUIDATION)) return false;
  const numbered =
    cursor.int64(trades.sequence, row) &&
    cursor.literal(TIME) &&
    cursor.unixTime(trades, row) &&
    cursor.literal(SIZE) &&
    cursor.size(trades, row) &&
    cursor.literal(PRICE) &&
    cursor.price(trades, row);
  if (!numbered) return false;
  cursor.finish(trades, row, 0);
  return cursor.literal(CLOSE);
}

/** PI_… and FI_… */
function isInverse({ bytes, textStart }: TradeCursor): boolean {
  const first = bytes[textStart];
  return (first === P || first === F) && bytes[textStart + 1] === I && bytes[textStart + 2] === UNDERSCORE;
}

/** A UUID; no number has a hyphen there, so that no number is taken for a text. */
function readId(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (cursor.bytes[cursor.at + UUID_HYPHEN_AT] !== HYPHEN || !cursor.text()) return false;
  return cursor.textEnd - cursor.textStart > UUID_HYPHEN_AT && setTextId(trades, row, cursor.takeText());
}
