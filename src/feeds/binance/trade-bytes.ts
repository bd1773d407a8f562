import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { bytesOf } from "../decode/characters.ts";
import { setTextId, type TradeCursor } from "../decode/trade-cursor.ts";
import type { BinanceOptions } from "./messages.ts";

const STREAM = bytesOf('{"stream":"');
const DATA = bytesOf('","data":');
const TRADE = bytesOf('{"e":"trade","E":');
const AGGREGATE = bytesOf('{"e":"aggTrade","E":');
const TIME_FIRST = bytesOf(',"T":');
const SYMBOL = bytesOf(',"s":"');
const ID = bytesOf('","t":');
const PRICE = bytesOf(',"p":"');
const SIZE = bytesOf('","q":"');
const TIME = bytesOf('","T":');
const EXECUTION_KIND = bytesOf('","X":"');
const MARKET_MATCH = bytesOf('MARKET","m":');
const BUYER_IS_MAKER = bytesOf(',"m":');
const BUYER_IS_MAKER_AFTER_TEXT = bytesOf('","m":');
const IGNORED = bytesOf(',"M":');
const AGGREGATE_ID_FIRST = bytesOf(',"a":');
const AGGREGATE_ID = bytesOf('","a":');
const PRICE_AFTER_SYMBOL = bytesOf('","p":"');
const FIRST_ID = bytesOf('","f":');
const LAST_ID = bytesOf(',"l":');
const CLOSE = bytesOf("}");

/** The fast path: `trade` and `aggTrade` as spot and futures send them, wrapped in `{"stream":…,"data":…}` or bare. */
export function readTradeBytes(cursor: TradeCursor, trades: TradeBatch, options: BinanceOptions): boolean {
  const wrapped = cursor.literal(STREAM);
  if (wrapped && !(cursor.text() && cursor.literal(DATA))) return false;
  const row = trades.nextRow();
  if (cursor.literal(TRADE)) {
    if (!options.channels.includes("trade") || !readTrade(cursor, trades, row, options.flags)) return false;
  } else {
    if (!cursor.literal(AGGREGATE) || !options.channels.includes("aggTrade")) return false;
    if (!readAggregate(cursor, trades, row, options.flags)) return false;
  }
  return cursor.literal(CLOSE) && (!wrapped || cursor.literal(CLOSE));
}

/**
 * spot:    {"e":"trade","E":…,"s":"…","t":…,"p":"…","q":"…","T":…,"m":…,"M":…}
 * futures: {"e":"trade","E":…,"T":…,"s":"…","t":…,"p":"…","q":"…","X":"MARKET","m":…}
 */
function readTrade(cursor: TradeCursor, trades: TradeBatch, row: number, flags: number): boolean {
  if (cursor.integer() < 0) return false;
  const futures = cursor.literal(TIME_FIRST);
  if (futures && !cursor.unixTime(trades, row)) return false;
  const counted =
    cursor.literal(SYMBOL) &&
    cursor.symbol(trades, row) &&
    cursor.literal(ID) &&
    cursor.numericId(trades, row) &&
    cursor.literal(PRICE) &&
    cursor.price(trades, row) &&
    cursor.literal(SIZE) &&
    cursor.size(trades, row);
  if (!counted) return false;
  trades.flags[row] = flags;
  cursor.finish(trades, row, 0);
  if (!futures) return cursor.literal(TIME) && cursor.unixTime(trades, row) && readMaker(cursor, trades, row);
  return readExecutionKind(cursor, trades, row) && setSide(trades, row, cursor.truth());
}

/** `","X":"MARKET","m":`; any other text than MARKET says that the print is no match. */
function readExecutionKind(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (!cursor.literal(EXECUTION_KIND)) return false;
  if (cursor.literal(MARKET_MATCH)) return true;
  trades.flags[row] = (trades.flags[row] ?? 0) | TRADE_FLAGS.nonMarket;
  return cursor.text() && cursor.literal(BUYER_IS_MAKER_AFTER_TEXT);
}

/**
 * spot:    {"e":"aggTrade","E":…,"s":"…","a":…,"p":"…","q":"…","f":…,"l":…,"T":…,"m":…,"M":…}
 * futures: {"e":"aggTrade","E":…,"a":…,"s":"…","p":"…","q":"…","f":…,"l":…,"T":…,"m":…}
 */
function readAggregate(cursor: TradeCursor, trades: TradeBatch, row: number, flags: number): boolean {
  if (cursor.integer() < 0) return false;
  const futures = cursor.literal(AGGREGATE_ID_FIRST);
  const named = futures
    ? readAggregateId(cursor, trades, row) && cursor.literal(SYMBOL) && cursor.symbol(trades, row)
    : cursor.literal(SYMBOL) &&
      cursor.symbol(trades, row) &&
      cursor.literal(AGGREGATE_ID) &&
      readAggregateId(cursor, trades, row);
  const counted =
    named &&
    cursor.literal(futures ? PRICE_AFTER_SYMBOL : PRICE) &&
    cursor.price(trades, row) &&
    cursor.literal(SIZE) &&
    cursor.size(trades, row);
  if (!counted) return false;
  trades.flags[row] = flags | TRADE_FLAGS.aggregated;
  cursor.finish(trades, row, 0);
  return readRange(cursor, trades, row) && cursor.unixTime(trades, row) && readMaker(cursor, trades, row);
}

function readAggregateId(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  cursor.textStart = cursor.at;
  if (!cursor.int64(trades.sequence, row)) return false;
  cursor.textEnd = cursor.at;
  return setTextId(trades, row, `a${cursor.takeText()}`);
}

/** `","f":…,"l":…,"T":` */
function readRange(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  const first = cursor.literal(FIRST_ID) ? cursor.integer() : -1;
  const last = cursor.literal(LAST_ID) ? cursor.integer() : -1;
  if (first < 0 || last < first || last - first >= 0xffff_ffff) return false;
  trades.executions[row] = last - first + 1;
  return cursor.literal(TIME_FIRST);
}

/** `,"m":…`, and on spot `,"M":…` after it. */
function readMaker(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (!cursor.literal(BUYER_IS_MAKER) || !setSide(trades, row, cursor.truth())) return false;
  return !cursor.literal(IGNORED) || cursor.truth() >= 0;
}

function setSide(trades: TradeBatch, row: number, buyerIsMaker: number): boolean {
  trades.side[row] = buyerIsMaker === 1 ? SIDE_SELL : SIDE_BUY;
  return buyerIsMaker >= 0;
}
