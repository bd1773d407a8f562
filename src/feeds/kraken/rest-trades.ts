import { SIDE_BUY, SIDE_SELL } from "../../domain/index.ts";
import { isObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { decimalSeconds } from "../decode/times-in-text.ts";
import type { ReadTrade, TradeFields } from "../decode/trade-fields.ts";
import { spanOf } from "../rest/dialogues.ts";
import { malformedAnswer, readJsonTrades } from "../rest/read-json.ts";
import type { RestAnswer, RestRequest, RestTrades } from "../rest/rest-trades.ts";
import { krakenAsset } from "./aliases.ts";

const PAGE_MAX = 1000;
/** Our clock and the venue's mostly differ by less: where ids are known, asking begins earlier. */
const CLOCKS_APART_US = 10_000_000;
const BEGIN_OF_TIME = "0";
const TIME = /^(\d{1,10})(?:\.(\d+))?$/;

/*
 * GET /0/public/Trades?pair=XBTUSD&since=<ns>&count=1000: {"error":[],"result":{"XXBTZUSD":[record, …],"last":"<ns>"}}
 * https://docs.kraken.com/api/docs/rest-api/get-recent-trades
 * https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits: about one request a second
 *
 *   record[0]  price, decimal text     record[3]  the taker's side: "b" or "s"
 *   record[1]  volume in base, text    record[4]  the taker's order type; not kept
 *   record[2]  Unix seconds, a number  record[5]  miscellaneous; not kept
 *              of up to nine decimals  record[6]  trade id, the same as on v2; absent before 2022
 *
 * `since` is exclusive; answers ascend from it. The stream gives times in microseconds, this in up to nine decimals:
 * they are cut to microseconds, so that a trade is the same row whichever way it came. Pairs go by the names of v1,
 * without the slash; answers name them in a third way (XXBTZUSD), which is not read.
 */
export const krakenRest: RestTrades = {
  url: "https://api.kraken.com",
  documentation: "https://docs.kraken.com/api/docs/rest-api/get-recent-trades",
  limits: { weightPerMinute: 50, weightBurst: 1 },
  reach: "all trades",
  isNewestOnly: false,
  *ask({ rawSymbol, firstId, lastId, fromUs, toUs }) {
    const begin: Begin =
      firstId === undefined ? { since: sinceOf(fromUs) } : yield* findBegin(rawSymbol, firstId, fromUs);
    for (let { since, page } = begin; ; page = undefined) {
      page ??= yield requestOf(rawSymbol, since);
      const span = spanOf(page);
      const isThere = lastId === undefined ? span.lastUs > toUs && firstId === undefined : span.lastId >= lastId;
      if (isThere || page.length < PAGE_MAX) return "whole";
      // Trades of the last microsecond may stand on both pages: once as rows, by their ids.
      const next = `${span.lastUs - 1}000`;
      if (next === since) return "beyond"; // A thousand trades within a microsecond cannot be paged through.
      since = next;
    }
  },
  read: (answer) => readJsonTrades(answer, ["/0/public/Trades"], readBody),
};

interface Begin {
  readonly since: string;
  /** What was answered to it, where it was asked already. */
  readonly page?: readonly TradeFields[] | undefined;
}

/**
 * Ids are found by time alone, and when a trade came does not tell when it was made: clocks differ, and what came may have
 * been long on its way. So asking begins earlier until a page begins with the first id or before it.
 */
function* findBegin(
  rawSymbol: string,
  firstId: number,
  fromUs: number,
): Generator<RestRequest, Begin, readonly TradeFields[]> {
  for (let earlierUs = CLOCKS_APART_US; ; ) {
    const since = sinceOf(fromUs - earlierUs);
    const page = yield requestOf(rawSymbol, since);
    if (since === BEGIN_OF_TIME || spanOf(page).firstId <= firstId) return { since, page };
    // Where nothing was traded, to go back far costs nothing.
    earlierUs *= page.length === 0 ? 60 : 4;
  }
}

function sinceOf(timeUs: number): string {
  const us = Math.floor(timeUs) - 1;
  return us > 0 ? `${us}000` : BEGIN_OF_TIME;
}

function requestOf(rawSymbol: string, since: string): RestRequest {
  return { path: `/0/public/Trades?pair=${pairOf(rawSymbol)}&since=${since}&count=${PAGE_MAX}`, weight: 1 };
}

function readBody(body: unknown, symbol: string): RestAnswer {
  if (!isObject(body)) return malformedAnswer("not an object");
  const { error, result } = body;
  if (Array.isArray(error) && error.length > 0) {
    const reason = error.map(String).join(", ");
    return { kind: "refused", reason, isTemporary: /limit|Too many|Unavailable|Busy|Internal|Timeout/i.test(reason) };
  }
  if (!isObject(result)) return malformedAnswer("no result");
  const records = Object.entries(result).find(([name]) => name !== "last")?.[1] ?? [];
  if (!Array.isArray(records)) return malformedAnswer("the trades are not an array");
  return { kind: "trades", trades: records.map((record) => readRecord(record, symbol)) };
}

function readRecord(record: unknown, rawSymbol: string): ReadTrade {
  if (!Array.isArray(record)) return { problem: "a trade is not an array", rawSymbol };
  const [price, size, seconds, side, , , id] = record as readonly unknown[];
  const priceText = textOf(price);
  const sizeText = textOf(size);
  if (priceText === undefined || sizeText === undefined) return { problem: "price or volume is not a text", rawSymbol };
  if (side !== "b" && side !== "s") return { problem: "the side is neither b nor s", rawSymbol };
  const idText = numberTextOf(id);
  if (idText === undefined || !/^\d+$/.test(idText))
    return { problem: "the trade id is not a whole number", rawSymbol };
  const time = microseconds(numberTextOf(seconds) ?? "");
  if (time === undefined) return { problem: "the time is not Unix seconds", rawSymbol };
  return {
    rawSymbol,
    price: priceText,
    size: sizeText,
    side: side === "b" ? SIDE_BUY : SIDE_SELL,
    time,
    id: idText,
    flags: 0,
  };
}

function microseconds(text: string): ReturnType<typeof decimalSeconds> {
  const match = TIME.exec(text);
  const fraction = match?.[2];
  return match === null
    ? undefined
    : decimalSeconds(fraction === undefined ? text : `${match[1]}.${fraction.slice(0, 6)}`);
}

/** BTC/USD of v2 is XBTUSD here. */
function pairOf(rawSymbol: string): string {
  return rawSymbol
    .split("/")
    .map((asset) => krakenAsset("kraken-v1", asset))
    .join("");
}
