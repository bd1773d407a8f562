import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { literal } from "../decode/literal.ts";
import type { TradeCursor } from "../decode/trade-cursor.ts";

const MATCH = literal('{"type":"match","trade_id":');
const LAST_MATCH = literal('{"type":"last_match","trade_id":');
const MAKER_ORDER = literal(',"maker_order_id":"');
const TAKER_ORDER = literal('","taker_order_id":"');
const SIDE = literal('","side":"');
const MAKER_BUYS = literal('buy","size":"');
const MAKER_SELLS = literal('sell","size":"');
const PRICE = literal('","price":"');
const PRODUCT = literal('","product_id":"');
const SEQUENCE = literal('","sequence":');
const TIME = literal(',"time":"');
const CLOSE = literal('"}');

/**
 * The fast path:
 * {"type":"match","trade_id":…,"maker_order_id":"…","taker_order_id":"…","side":"…","size":"…","price":"…",
 * "product_id":"…","sequence":…,"time":"…"}. Size and price stand before the product whose unit they need.
 */
export function readMatchBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  const isMatch = cursor.literal(MATCH);
  if (!isMatch && !cursor.literal(LAST_MATCH)) return false;
  const row = trades.nextRow();
  if (!readIds(cursor, trades, row)) return false;
  const makerBuys = cursor.literal(MAKER_BUYS);
  if (!makerBuys && !cursor.literal(MAKER_SELLS)) return false;
  trades.side[row] = makerBuys ? SIDE_SELL : SIDE_BUY;
  trades.flags[row] = isMatch ? 0 : TRADE_FLAGS.snapshot;
  cursor.finish(trades, row, 0);
  return readNumbers(cursor, trades, row) && readRest(cursor, trades, row);
}

function readIds(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  return (
    cursor.numericId(trades, row) &&
    cursor.literal(MAKER_ORDER) &&
    cursor.text() &&
    cursor.literal(TAKER_ORDER) &&
    cursor.text() &&
    cursor.literal(SIDE)
  );
}

/** Goes over size and price to the product, then back to read them, then on. */
function readNumbers(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  const size = cursor.at;
  if (!cursor.text() || !cursor.literal(PRICE)) return false;
  const price = cursor.at;
  if (!cursor.text() || !cursor.literal(PRODUCT) || !cursor.symbol(trades, row)) return false;
  const rest = cursor.at;
  cursor.at = size;
  if (!cursor.size(trades, row) || !cursor.literal(PRICE) || cursor.at !== price) return false;
  if (!cursor.price(trades, row) || !cursor.literal(PRODUCT)) return false;
  cursor.at = rest;
  return true;
}

/** `","sequence":…,"time":"…"}` */
function readRest(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  return (
    cursor.literal(SEQUENCE) &&
    cursor.integer() >= 0 &&
    cursor.literal(TIME) &&
    cursor.rfc3339(trades, row) &&
    cursor.literal(CLOSE)
  );
}
