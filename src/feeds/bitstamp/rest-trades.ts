import { SIDE_BUY, SIDE_SELL } from "../../domain/index.ts";
import { isObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { decimalSeconds } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { malformedAnswer, readJsonTrades } from "../rest/read-json.ts";
import type { RestAnswer, RestDialogue, RestTrades, WantedTrades } from "../rest/rest-trades.ts";

const PATH_END = /\/transactions\/[^/]+\/$/;
/** What may be asked for, with how far back it goes. */
const WINDOWS = [
  { name: "minute", us: 60_000_000 },
  { name: "hour", us: 3_600_000_000 },
  { name: "day", us: 86_400_000_000 },
] as const;
const SECOND_US = 1_000_000;

/*
 * GET /api/v2/transactions/btcusd/?time=minute|hour|day: [record, …], newest first
 * https://www.bitstamp.net/api/#tag/Transactions-public/operation/GetTransactions
 *
 *   tid            the trade's id, as on the stream          price, amount  texts
 *   type           the taker's side: 0 buy, 1 sell           date           seconds, as text
 *
 * Only whole seconds: a trade that is had from here has a coarser time than on the stream, and is the same trade by its
 * id. The venue says nothing of trades' order within a second but their ids.
 */
export const bitstampRest: RestTrades = {
  url: "https://www.bitstamp.net",
  documentation: "https://www.bitstamp.net/api/#tag/Transactions-public/operation/GetTransactions",
  limits: { weightPerMinute: 240, weightBurst: 10 },
  reach: "a day",
  isNewestOnly: true,
  ask,
  read: (answer) => {
    const path = URL.canParse(answer.url) ? new URL(answer.url).pathname : answer.url;
    const end = PATH_END.exec(path)?.[0];
    return end === undefined ? { kind: "other" } : readJsonTrades(answer, [end], readBody);
  },
};

/** The shortest window first; a longer one where it does not reach far enough back. */
function* ask({ rawSymbol, fromUs }: WantedTrades): RestDialogue {
  for (const { name } of WINDOWS) {
    const page = yield { path: `/api/v2/transactions/${encodeURIComponent(rawSymbol)}/?time=${name}`, weight: 1 };
    // The second in which a trade happened must be over by then: it may have been at the end of it.
    if (page.some(({ time }) => time.us + SECOND_US <= fromUs)) return "whole";
  }
  return "beyond";
}

function readBody(body: unknown, rawSymbol: string): RestAnswer {
  if (isObject(body)) {
    const reason = textOf(body["reason"]) ?? textOf(body["error"]) ?? textOf(body["message"]) ?? "no reason given";
    return { kind: "refused", reason, isTemporary: /limit|later|unavailable/i.test(reason) };
  }
  if (!Array.isArray(body)) return malformedAnswer("no array of trades");
  return { kind: "trades", trades: (body as unknown[]).map((record) => readRecord(record, rawSymbol)).reverse() };
}

function readRecord(record: unknown, rawSymbol: string): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object", rawSymbol };
  const price = textOf(record["price"]);
  const size = textOf(record["amount"]);
  if (price === undefined || size === undefined) return { problem: "price or amount is not a text", rawSymbol };
  const type = textOf(record["type"]) ?? numberTextOf(record["type"]);
  if (type !== "0" && type !== "1") return { problem: "type is neither 0 (buy) nor 1 (sell)", rawSymbol };
  const id = textOf(record["tid"]) ?? numberTextOf(record["tid"]);
  if (id === undefined) return { problem: "tid is not a number", rawSymbol };
  const time = decimalSeconds(textOf(record["date"]) ?? numberTextOf(record["date"]) ?? "");
  if (time === undefined) return { problem: "date is not a Unix time in seconds", rawSymbol };
  return { rawSymbol, price, size, side: type === "0" ? SIDE_BUY : SIDE_SELL, time, id, flags: 0 };
}
