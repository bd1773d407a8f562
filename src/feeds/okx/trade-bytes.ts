import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { CLOSE_ARRAY, COMMA, QUOTE } from "../decode/characters.ts";
import { type Literal, literal } from "../decode/literal.ts";
import { FRAME_RECORDS_MAX, type TradeCursor } from "../decode/trade-cursor.ts";
import { EXECUTIONS_MAX } from "./trade-message.ts";

const CHANNEL = literal('{"arg":{"channel":"');
const DATA = literal('"},"data":[');
const SYMBOL = literal('{"instId":"');
const ID = literal('","tradeId":"');
const PRICE = literal('","px":"');
const SIZE = literal('","sz":"');
const SIDE = literal('","side":"');
const BUY = literal('buy"');
const SELL = literal('sell"');
const TIME = literal(',"ts":"');
const COUNT = literal(',"count":"');
const SOURCE = literal(',"source":"');
const SEQUENCE = literal(',"seqId":');
const CLOSE = literal("}");
const HYPHEN = 0x2d;
const ONE = 0x31;

/** The fast path of these channels. */
export function okxTradeBytes(channels: readonly string[]): (cursor: TradeCursor, trades: TradeBatch) => boolean {
  const names = channels.map((channel) => literal(`${channel}","instId":"`));
  return (cursor, trades) => {
    if (!cursor.literal(CHANNEL) || !names.some((name: Literal) => cursor.literal(name))) return false;
    if (!cursor.text() || !cursor.literal(DATA)) return false;
    let frameIndex = 0;
    do {
      if (frameIndex === FRAME_RECORDS_MAX || !readRecord(cursor, trades, frameIndex)) return false;
      frameIndex += 1;
    } while (cursor.byte(COMMA));
    return cursor.byte(CLOSE_ARRAY) && cursor.literal(CLOSE);
  };
}

/** {"instId":"…","tradeId":"…","px":"…","sz":"…","side":"…","ts":"…"}, and what a record may have besides. */
function readRecord(cursor: TradeCursor, trades: TradeBatch, frameIndex: number): boolean {
  const row = trades.nextRow();
  if (!cursor.literal(SYMBOL) || !cursor.symbol(trades, row)) return false;
  trades.flags[row] = isDerivative(cursor) ? TRADE_FLAGS.contracts : 0;
  const numbered =
    cursor.literal(ID) &&
    cursor.numericId(trades, row) &&
    cursor.literal(PRICE) &&
    cursor.price(trades, row) &&
    cursor.literal(SIZE) &&
    cursor.size(trades, row) &&
    cursor.literal(SIDE);
  if (!numbered) return false;
  const isBuy = cursor.literal(BUY);
  if (!isBuy && !cursor.literal(SELL)) return false;
  trades.side[row] = isBuy ? SIDE_BUY : SIDE_SELL;
  // trades-all has its source before the time, trades after it.
  if (!readSource(cursor, trades, row) || !cursor.literal(TIME)) return false;
  if (!cursor.unixTime(trades, row) || !cursor.byte(QUOTE)) return false;
  cursor.finish(trades, row, frameIndex);
  return (
    readCount(cursor, trades, row) &&
    readSource(cursor, trades, row) &&
    (!cursor.literal(SEQUENCE) || cursor.integer() >= 0) &&
    cursor.literal(CLOSE)
  );
}

/** Spot names have one hyphen, all others more. */
function isDerivative({ bytes, textStart, textEnd }: TradeCursor): boolean {
  let hyphens = 0;
  for (let at = textStart; at < textEnd; at += 1) if (bytes[at] === HYPHEN) hyphens += 1;
  return hyphens > 1;
}

/** `,"count":"…"`, where there is one. */
function readCount(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (!cursor.literal(COUNT)) return true;
  const count = cursor.integer();
  if (count < 1 || count > EXECUTIONS_MAX) return false;
  trades.executions[row] = count;
  if (count > 1) trades.flags[row] = (trades.flags[row] ?? 0) | TRADE_FLAGS.aggregated;
  return cursor.byte(QUOTE);
}

/** `,"source":"…"`, where there is one. */
function readSource(cursor: TradeCursor, trades: TradeBatch, row: number): boolean {
  if (!cursor.literal(SOURCE)) return true;
  if (!cursor.text()) return false;
  const isImproved = cursor.textEnd - cursor.textStart === 1 && cursor.bytes[cursor.textStart] === ONE;
  if (isImproved) trades.flags[row] = (trades.flags[row] ?? 0) | TRADE_FLAGS.retailImprovement;
  return cursor.byte(QUOTE);
}
