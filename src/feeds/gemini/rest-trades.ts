import { SIDE_BUY, SIDE_SELL, SIDE_UNKNOWN, TRADE_FLAGS } from "../../domain/index.ts";
import { isObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { idOf, spanOf } from "../rest/dialogues.ts";
import { malformedAnswer, readJsonTrades } from "../rest/read-json.ts";
import type { RestAnswer, RestDialogue, RestTrades, WantedTrades } from "../rest/rest-trades.ts";

const PAGE_MAX = 500;
const PATH_END = /\/v1\/trades\/[^/]+$/;

/*
 * GET /v1/trades/btcusd?timestamp=<ms>&limit_trades=500, then ?since_tid=<tid>&…: [record, …], newest first, of the last
 * seven days
 * https://docs.gemini.com/rest/market-data#list-trades
 *
 *   tid            the trade's id: `event_id` of the stream   timestampms    when it happened, ms
 *   price, amount  texts                                      type           the taker's side: buy or sell; "block" where
 *                                                                            it was negotiated off the book
 */
export const geminiRest: RestTrades = {
  url: "https://api.gemini.com",
  documentation: "https://docs.gemini.com/rest/market-data#list-trades",
  // 120 a minute are allowed, one a second is recommended.
  limits: { weightPerMinute: 60, weightBurst: 5 },
  reach: "seven days",
  isNewestOnly: false,
  ask,
  read: (answer) => {
    const path = URL.canParse(answer.url) ? new URL(answer.url).pathname : answer.url;
    const end = PATH_END.exec(path)?.[0];
    return end === undefined ? { kind: "other" } : readJsonTrades(answer, [end], readBody);
  },
};

/** From a time on, then from each page's newest id. */
function* ask({ rawSymbol, fromUs, toUs }: WantedTrades): RestDialogue {
  const path = `/v1/trades/${encodeURIComponent(rawSymbol.toLowerCase())}`;
  let since: { readonly timestamp: string } | { readonly since_tid: string } = {
    timestamp: String(Math.floor(fromUs / 1000) - 1),
  };
  for (let last = -1; ; ) {
    const page = yield {
      path: `${path}?${new URLSearchParams({ ...since, limit_trades: String(PAGE_MAX) })}`,
      weight: 1,
    };
    if (page.length === 0) return "whole";
    const newest = Math.max(...page.map(idOf));
    if (page.length < PAGE_MAX || spanOf(page).lastUs > toUs || newest <= last) return "whole";
    last = newest;
    since = { since_tid: String(newest) };
  }
}

function readBody(body: unknown, symbol: string): RestAnswer {
  if (isObject(body)) {
    const reason = `${textOf(body["reason"]) ?? "no reason given"} ${textOf(body["message"]) ?? ""}`.trimEnd();
    return { kind: "refused", reason, isTemporary: /RateLimit|Maintenance|System/.test(reason) };
  }
  if (!Array.isArray(body)) return malformedAnswer("no array of trades");
  return { kind: "trades", trades: (body as unknown[]).map((record) => readRecord(record, symbol)).reverse() };
}

function readRecord(record: unknown, rawSymbol: string): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object", rawSymbol };
  const price = textOf(record["price"]);
  const size = textOf(record["amount"]);
  if (price === undefined || size === undefined) return { problem: "price or amount is not a text", rawSymbol };
  const { type } = record;
  if (type !== "buy" && type !== "sell" && type !== "block")
    return { problem: "type is none that K2 knows", rawSymbol };
  const id = numberTextOf(record["tid"]);
  if (id === undefined) return { problem: "tid is not a number", rawSymbol };
  const time = unixTime(numberTextOf(record["timestampms"]) ?? "");
  if (time === undefined) return { problem: "timestampms is not a Unix time in milliseconds", rawSymbol };
  const side = type === "buy" ? SIDE_BUY : type === "sell" ? SIDE_SELL : SIDE_UNKNOWN;
  return { rawSymbol, price, size, side, time, id, flags: type === "block" ? TRADE_FLAGS.block : 0 };
}
