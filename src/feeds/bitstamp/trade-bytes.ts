import { SIDE_BUY, SIDE_SELL, type TradeBatch } from "../../domain/index.ts";
import { QUOTE } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";
import type { TradeCursor } from "../decode/trade-cursor.ts";
import { skipNumber } from "./skip-number.ts";

const OPEN = literal('{"data":{"id":');
const SECOND = literal(',"timestamp":"');
const AMOUNT = literal('","amount":');
const SIZE = literal(',"amount_str":"');
const PRICE_NUMBER = literal('","price":');
const PRICE = literal(',"price_str":"');
const BUY = literal('","type":0,"microtimestamp":"');
const SELL = literal('","type":1,"microtimestamp":"');
const BUY_ORDER = literal('","buy_order_id":');
const SELL_ORDER = literal(',"sell_order_id":');
const CHANNEL = literal('},"channel":"live_trades_');
const CLOSE = literal('","event":"trade"}');

/** The fast path. The pair stands at the end of the frame, but the price needs its unit: it is read first. */
export function readTradeBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  if (!cursor.literal(OPEN)) return false;
  const row = trades.nextRow();
  const record = cursor.at;
  cursor.at = pairStart(cursor.bytes);
  if (!cursor.symbol(trades, row)) return false;
  cursor.at = record;
  const isRead =
    cursor.numericId(trades, row) &&
    cursor.literal(SECOND) &&
    cursor.text() &&
    cursor.literal(AMOUNT) &&
    skipNumber(cursor) &&
    cursor.literal(SIZE) &&
    cursor.size(trades, row) &&
    cursor.literal(PRICE_NUMBER) &&
    skipNumber(cursor) &&
    cursor.literal(PRICE) &&
    cursor.price(trades, row);
  if (!isRead) return false;
  const isBuy = cursor.literal(BUY);
  if (!isBuy && !cursor.literal(SELL)) return false;
  trades.side[row] = isBuy ? SIDE_BUY : SIDE_SELL;
  trades.flags[row] = 0;
  if (!cursor.unixTime(trades, row) || !cursor.literal(BUY_ORDER) || !skipNumber(cursor)) return false;
  cursor.finish(trades, row, 0);
  return (
    cursor.literal(SELL_ORDER) &&
    skipNumber(cursor) &&
    cursor.literal(CHANNEL) &&
    cursor.text() &&
    cursor.literal(CLOSE)
  );
}

/** Where the pair begins: behind the last underscore of the channel's name. */
function pairStart(bytes: Uint8Array): number {
  let at = bytes.length - CLOSE.bytes.length;
  while (at > 0 && bytes[at - 1] !== QUOTE) at -= 1;
  return at + "live_trades_".length;
}
