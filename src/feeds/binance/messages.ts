import { beginsWith } from "../decode/begins-with.ts";
import type { ByteCursor } from "../decode/byte-cursor.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import { literal } from "../decode/literal.ts";
import { excerpt, type ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, type MessageKind, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { readTradeBytes } from "./trade-bytes.ts";
import { readAggregateTrade, readTrade } from "./trade-message.ts";

export interface BinanceOptions {
  /** Of "trade" and "aggTrade": whose records become rows. */
  readonly channels: readonly string[];
  /** Bits of TRADE_FLAGS that hold for every trade of the market. */
  readonly flags: number;
}

/** Events (`e`) that are market data of other channels than trades, on spot, USD-M or COIN-M. */
const OTHER_EVENTS: ReadonlySet<unknown> = new Set([
  "depthUpdate",
  "bookTicker",
  "kline",
  "continuous_kline",
  "indexPrice_kline",
  "markPrice_kline",
  "24hrTicker",
  "24hrMiniTicker",
  "1hTicker",
  "4hTicker",
  "1dTicker",
  "avgPrice",
  "markPriceUpdate",
  "indexPriceUpdate",
  "assetIndexUpdate",
  "compositeIndex",
  "contractInfo",
  "forceOrder",
  "tradingSession",
]);

/** Binance's frames: `{"stream":…,"data":…}` on /stream, the bare data on /ws, and answers to requests. */
export function binanceFormat(options: BinanceOptions): WireFormat {
  const bytesOptions = {
    trades: options.channels.includes("trade"),
    aggregates: options.channels.includes("aggTrade"),
    flags: options.flags,
  };
  return {
    kindOf: (message) => kindOf(message, options.channels),
    isOther: isBook,
    records: (message) => [readRecord(dataOf(message), options.flags)],
    readBytes: (cursor, trades) => readTradeBytes(cursor, trades, bytesOptions),
  };
}

function readRecord(data: unknown, flags: number): ReadTrade {
  return isObject(data) && data["e"] === "aggTrade" ? readAggregateTrade(data, flags) : readTrade(data, flags);
}

const STREAM = literal('{"stream":"');
const WRAPPED = literal('","data":{');
const AT = 0x40;
const namesBook = beginsWith("depth", "bookTicker");

/** Of a stream `<symbol>@depth…` or `<symbol>@bookTicker`. */
function isBook(cursor: ByteCursor): boolean {
  if (!cursor.literal(STREAM)) return false;
  const start = cursor.at;
  if (!cursor.text() || !cursor.literal(WRAPPED)) return false;
  cursor.at = cursor.bytes.indexOf(AT, start) + 1;
  return cursor.at > start && namesBook(cursor);
}

/** What a wrapped message wraps; a bare one is its own data. */
function dataOf(message: unknown): unknown {
  return isObject(message) && typeof message["stream"] === "string" && "data" in message ? message["data"] : message;
}

function kindOf(message: unknown, channels: readonly string[]): MessageKind {
  if (isObject(message)) {
    const answer = kindOfAnswer(message);
    if (answer !== undefined) return answer;
  }
  const data = dataOf(message);
  // Streams of all symbols (`!miniTicker@arr`) send an array of events of one kind.
  const first: unknown = Array.isArray(data) ? data[0] : data;
  if (!isObject(first)) return { kind: "malformed", detail: "neither an event nor an answer" };
  return kindOfEvent(first, channels);
}

/** `{"result":null,"id":1}`, or `{"error":{"code":2,"msg":"…"},"id":1}` (also without the wrapping "error"). */
function kindOfAnswer(message: JsonObject): MessageKind | undefined {
  if ("error" in message || ("code" in message && "msg" in message))
    return { kind: "venue_error", detail: "Binance refused a request" };
  return "result" in message && "id" in message ? CONTROL : undefined;
}

function kindOfEvent(event: JsonObject, channels: readonly string[]): MessageKind {
  const name = event["e"];
  if (name === "trade" || name === "aggTrade") return channels.includes(name) ? TRADES : OTHER;
  if (OTHER_EVENTS.has(name)) return OTHER;
  // "serverShutdown" announces that the connection will end.
  if (name === "serverShutdown") return CONTROL;
  if (name === undefined && isEventWithoutName(event)) return OTHER;
  return unknownMessage(
    `no event of Binance that K2 knows (e: ${typeof name === "string" ? excerpt(name) : typeof name})`,
  );
}

/** Spot's bookTicker and partial depth, and depth snapshots that recorders put between frames, have no `e`. */
function isEventWithoutName(event: JsonObject): boolean {
  const isBookTicker = "u" in event && "s" in event && "b" in event && "a" in event;
  return isBookTicker || ("lastUpdateId" in event && "bids" in event && "asks" in event);
}
