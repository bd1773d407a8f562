import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { literal } from "../decode/literal.ts";
import { setTextId, type TradeCursor } from "../decode/trade-cursor.ts";

const STREAM = literal('{"stream":"');
const DATA = literal('","data":');
const TRADE = literal('{"e":"trade","E":');
const AGGREGATE = literal('{"e":"aggTrade","E":');
const TIME_FIRST = literal(',"T":');
const SYMBOL = literal(',"s":"');
const ID = literal('","t":');
const PRICE = literal(',"p":"');
const SIZE = literal('","q":"');
const TIME = literal('","T":');
const EXECUTION_KIND = literal('","X":"');
const MARKET_MATCH = literal('MARKET","m":');
const BUYER_IS_MAKER = literal(',"m":');
const BUYER_IS_MAKER_AFTER_TEXT = literal('","m":');
const IGNORED = literal(',"M":');
const AGGREGATE_ID_FIRST = literal(',"a":');
const AGGREGATE_ID = literal('","a":');
const PRICE_AFTER_SYMBOL = literal('","p":"');
const FIRST_ID = literal('","f":');
const LAST_ID = literal(',"l":');
const CLOSE = literal("}");

export interface TradeBytesOptions {
  /** Whether `trade` frames become rows, and whether `aggTrade` frames do. */
  readonly trades: boolean;
  readonly aggregates: boolean;
  /** Bits of TRADE_FLAGS that hold for every trade of the market. */
  readonly flags: number;
}

/** The fast path: `trade` and `aggTrade` as spot and futures send them, wrapped in `{"stream":…,"data":…}` or bare. */
export function readTradeBytes(cursor: TradeCursor, trades: TradeBatch, options: TradeBytesOptions): boolean {
  const wrapped = cursor.literal(STREAM);
  if (wrapped && !(cursor.text() && cursor.literal(DATA))) return false;
  const row = trades.nextRow();
  if (cursor.literal(TRADE)) {
    if (!options.trades || !readTrade(cursor, trades, row, options.flags)) return false;
  } else {
    if (!cursor.literal(AGGREGATE) || !options.aggregates) return false;
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
