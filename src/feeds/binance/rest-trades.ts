import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { askNewest, askUpwards, findId, spanOf } from "../rest/dialogues.ts";
import { malformedAnswer, readJsonTrades } from "../rest/read-json.ts";
import type { RestDialogue, RestRequest, RestTrades, WantedTrades } from "../rest/rest-trades.ts";
import { readAggregateTrade, readTrade } from "./trade-message.ts";

const PAGE_MAX = 1000;
const PATH_ENDS = ["/historicalTrades", "/aggTrades", "/trades"] as const;

export interface BinanceRest {
  readonly url: string;
  /** "/api/v3", "/fapi/v1", "/dapi/v1". */
  readonly prefix: string;
  readonly documentation: string;
  readonly weightPerMinute: number;
  /** Whether historicalTrades answers without an API key: on spot it does, on futures not. */
  readonly hasHistory: boolean;
  readonly weights: { readonly trades: number; readonly historicalTrades: number; readonly aggTrades: number };
  /** Bits of TRADE_FLAGS that hold for every trade of the market. */
  readonly flags: number;
}

/*
 * GET <prefix>/trades, <prefix>/historicalTrades?fromId=: [record, …], ids ascending
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#old-trade-lookup
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Recent-Trades-List
 *
 *   id     trade id, `t` of the stream      time          ms, `T` of the stream
 *   price  decimal text                     isBuyerMaker  `m` of the stream
 *   qty    decimal text; contracts on       quoteQty, baseQty, isBestMatch   not kept
 *          COIN-M, as `q` of the stream
 *
 * GET <prefix>/aggTrades?fromId= or ?startTime=: records a, p, q, f, l, T, m as in the stream, without e, E and s.
 *
 * On futures historicalTrades wants an API key, so the `trade` channel is healed from the last 1,000 trades; and their
 * `trades` leaves out prints of the insurance fund and of auto-deleveraging, whose ids then stay missing.
 */
export function binanceRest(market: BinanceRest): RestTrades {
  return {
    url: market.url,
    documentation: market.documentation,
    limits: { weightPerMinute: market.weightPerMinute / 2, weightBurst: market.weightPerMinute / 12 },
    reach: market.hasHistory ? "all trades" : "the last 1,000 trades; all aggregate trades",
    isNewestOnly: !market.hasHistory,
    ask: (wanted) => ask(market, wanted),
    read: (answer) =>
      readJsonTrades(answer, PATH_ENDS, (body, symbol, pathEnd) => {
        if (!Array.isArray(body)) return malformedAnswer("not an array of trades");
        const isAggregate = pathEnd === "/aggTrades";
        return {
          kind: "trades",
          trades: body.map((record) => readRecord(record, { symbol, isAggregate, flags: market.flags })),
        };
      }),
  };
}

function* ask(market: BinanceRest, wanted: WantedTrades): RestDialogue {
  const isAggregate = wanted.channel === "aggTrade";
  if (!isAggregate && !market.hasHistory) {
    return yield* askNewest(wanted, request(market, "trades", wanted, {}), PAGE_MAX);
  }
  const name = isAggregate ? "aggTrades" : "historicalTrades";
  const at = (more: Readonly<Record<string, number>>): RestRequest => request(market, name, wanted, more);
  let from = wanted.firstId;
  if (from === undefined && isAggregate) {
    const page = yield at({ startTime: Math.floor(wanted.fromUs / 1000) });
    const { lastId, lastUs } = spanOf(page);
    if (page.length < PAGE_MAX || lastUs > wanted.toUs) return "whole";
    from = lastId + 1;
  }
  from ??= yield* findId(wanted.fromUs, (before) =>
    at({ limit: 1, ...(before === undefined ? {} : { fromId: before - 1 }) }),
  );
  return yield* askUpwards(from, wanted, { pageMax: PAGE_MAX, request: (fromId) => at({ fromId }) });
}

function request(
  { prefix, weights }: BinanceRest,
  name: "trades" | "historicalTrades" | "aggTrades",
  { rawSymbol }: WantedTrades,
  more: Readonly<Record<string, number>>,
): RestRequest {
  const query = new URLSearchParams({ symbol: rawSymbol, limit: String(PAGE_MAX) });
  for (const [key, value] of Object.entries(more)) query.set(key, String(value));
  return { path: `${prefix}/${name}?${query}`, weight: weights[name] };
}

function readRecord(
  record: unknown,
  { symbol, isAggregate, flags }: { readonly symbol: string; readonly isAggregate: boolean; readonly flags: number },
): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object" };
  if (isAggregate) return readAggregateTrade({ ...record, s: symbol }, flags);
  const { id, price, qty, time, isBuyerMaker } = record as JsonObject;
  return readTrade({ s: symbol, t: id, p: price, q: qty, T: time, m: isBuyerMaker }, flags);
}
