import { SIDE_BUY, SIDE_SELL, type TradeBatch } from "../../domain/index.ts";
import { literal } from "../decode/literal.ts";
import type { TradeCursor } from "../decode/trade-cursor.ts";

const SYMBOL = literal('{"type":"trade","symbol":"');
const ID = literal('","event_id":');
const TIME = literal(',"timestamp":');
const PRICE = literal(',"price":"');
const SIZE = literal('","quantity":"');
const BUY = literal('","side":"buy"}');
const SELL = literal('","side":"sell"}');

/** The fast path: one trade a frame. */
export function readTradeBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  const row = trades.nextRow();
  const isRead =
    cursor.literal(SYMBOL) &&
    cursor.symbol(trades, row) &&
    cursor.literal(ID) &&
    cursor.numericId(trades, row) &&
    cursor.literal(TIME) &&
    cursor.unixTime(trades, row) &&
    cursor.literal(PRICE) &&
    cursor.price(trades, row) &&
    cursor.literal(SIZE) &&
    cursor.size(trades, row);
  if (!isRead) return false;
  const isBuy = cursor.literal(BUY);
  if (!isBuy && !cursor.literal(SELL)) return false;
  trades.side[row] = isBuy ? SIDE_BUY : SIDE_SELL;
  trades.flags[row] = 0;
  cursor.finish(trades, row, 0);
  return true;
}
