import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import { idNumberOf, type ReadTrade } from "../decode/trade-fields.ts";

/*
 * One execution, stream `<symbol>@trade`.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#trade-streams
 * The futures send it too, though their documentation lists only aggTrade.
 *
 *   e  "trade"
 *   E  when the message was made, ms: not when the trade happened, so it is not kept
 *   s  symbol                               p  price, decimal text
 *   t  trade id, one more for each trade    q  size, decimal text; contracts on COIN-M
 *      of the symbol                        T  when the trade happened, ms (16 digits: µs, by choice of the client)
 *   m  the buyer is the maker: true means that the seller crossed the spread
 *   M  to be ignored                        b, a  order ids (spot, until 2024)
 *   X  futures only: MARKET for a match of two orders; INSURANCE_FUND, ADL or NA for a print that is none
 */
/** @param extraFlags bits that hold for every trade of the market */
export function readTrade(data: unknown, extraFlags: number): ReadTrade {
  if (!isObject(data)) return { problem: "a trade is not an object" };
  const common = readCommon(data);
  const id = numberTextOf(data["t"]);
  const executionKind = data["X"];
  if (typeof common === "string") return { problem: common, ...symbolOf(data) };
  if (id === undefined || !isInteger(id)) return { problem: "t is not a whole number", ...symbolOf(data) };
  if (executionKind !== undefined && typeof executionKind !== "string")
    return { problem: "X is not a text", ...symbolOf(data) };
  const isMatch = executionKind === undefined || executionKind === "MARKET";
  return { ...common, id, flags: extraFlags | (isMatch ? 0 : TRADE_FLAGS.nonMarket) };
}

/*
 * The executions of one taker order at one price, stream `<symbol>@aggTrade`, as one row.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#aggregate-trade-streams
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Aggregate-Trade-Streams
 *
 *   e  "aggTrade"       f, l  first and last trade id: l - f + 1 executions
 *   a  aggregate id, a count of its own; kept as "a<id>" so that it is never taken for a trade id
 *   E, s, p, q, T, m, M  as in a trade
 */
/** @param extraFlags bits that hold for every trade of the market */
export function readAggregateTrade(data: unknown, extraFlags: number): ReadTrade {
  if (!isObject(data)) return { problem: "a trade is not an object" };
  const common = readCommon(data);
  if (typeof common === "string") return { problem: common, ...symbolOf(data) };
  const aggregateId = idNumberOf(numberTextOf(data["a"]) ?? "");
  const first = idNumberOf(numberTextOf(data["f"]) ?? "");
  const last = idNumberOf(numberTextOf(data["l"]) ?? "");
  if (aggregateId === undefined || first === undefined || last === undefined)
    return { problem: "a, f or l is not an id", ...symbolOf(data) };
  const executions = last - first + 1n;
  if (executions < 1n || executions > EXECUTIONS_MAX)
    return { problem: `f ${first} to l ${last} is no range of trades`, ...symbolOf(data) };
  return {
    ...common,
    id: `a${aggregateId}`,
    sequence: aggregateId,
    executions: Number(executions),
    flags: extraFlags | TRADE_FLAGS.aggregated,
  };
}

const EXECUTIONS_MAX = 0xffff_ffffn;

function readCommon(data: Readonly<Record<string, unknown>>) {
  const rawSymbol = textOf(data["s"]);
  const price = textOf(data["p"]);
  const size = textOf(data["q"]);
  const buyerIsMaker = data["m"];
  const time = unixTime(numberTextOf(data["T"]) ?? "");
  if (rawSymbol === undefined) return "s is not a text";
  if (price === undefined || size === undefined) return "p or q is not a text";
  if (typeof buyerIsMaker !== "boolean") return "m is neither true nor false";
  if (time === undefined) return "T is not a Unix time in milliseconds or microseconds";
  return { rawSymbol, price, size, time, side: buyerIsMaker ? SIDE_SELL : SIDE_BUY };
}

function symbolOf(data: Readonly<Record<string, unknown>>): { readonly rawSymbol?: string } {
  return typeof data["s"] === "string" ? { rawSymbol: data["s"] } : {};
}

function isInteger(text: string): boolean {
  return /^-?\d+$/.test(text);
}
