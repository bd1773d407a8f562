import { isObject, JsonNumber, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { askNewest } from "../rest/dialogues.ts";
import { malformedAnswer, readJsonTrades } from "../rest/read-json.ts";
import type { RestAnswer, RestTrades } from "../rest/rest-trades.ts";
import { readPublicTrade } from "./trade-message.ts";

const TOO_MANY_VISITS = "10006";
const SERVER_TROUBLES: ReadonlySet<string> = new Set(["10000", "10016", TOO_MANY_VISITS, "10018"]);

/*
 * GET /v5/market/recent-trade?category=spot&symbol=BTCUSDT&limit=60:
 * {"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[record, …]},…}, newest first
 * https://bybit-exchange.github.io/docs/v5/market/recent-trade
 * https://bybit-exchange.github.io/docs/v5/rate-limit: 600 requests in 5 seconds and address
 *
 *   execId  `i` of the stream     side          `S`, the taker's     isBlockTrade  `BT`
 *   symbol  `s`                   time          `T`, ms, as text     isRPITrade    `RPI`
 *   price, size  `p`, `v`         seq           `seq`, as text
 *
 * The newest trades are all there is: 60 on spot, 1,000 on contracts.
 */
export function bybitRest(category: "spot" | "linear" | "inverse", marketFlags: number): RestTrades {
  const pageMax = category === "spot" ? 60 : 1000;
  return {
    url: "https://api.bybit.com",
    documentation: "https://bybit-exchange.github.io/docs/v5/market/recent-trade",
    limits: { weightPerMinute: 600, weightBurst: 20 },
    reach: `the last ${pageMax.toLocaleString("en")} trades`,
    isNewestOnly: true,
    ask(wanted) {
      const query = new URLSearchParams({ category, symbol: wanted.rawSymbol, limit: String(pageMax) });
      return askNewest(wanted, { path: `/v5/market/recent-trade?${query}`, weight: 1 }, pageMax);
    },
    read: (answer) => readJsonTrades(answer, ["/v5/market/recent-trade"], (body) => readBody(body, marketFlags)),
  };
}

function readBody(body: unknown, marketFlags: number): RestAnswer {
  if (!isObject(body)) return malformedAnswer("not an object");
  const code = numberTextOf(body["retCode"]);
  if (code !== "0") {
    const reason = `${code} ${textOf(body["retMsg"]) ?? ""}`;
    return { kind: "refused", reason, isTemporary: SERVER_TROUBLES.has(code ?? "") };
  }
  const { result } = body;
  const list = isObject(result) ? result["list"] : undefined;
  if (!Array.isArray(list)) return malformedAnswer("no list of trades");
  return { kind: "trades", trades: list.map((record) => readRecord(record, marketFlags)).reverse() };
}

function readRecord(record: unknown, marketFlags: number): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object" };
  const { execId, symbol, side, size, price, time, isBlockTrade, isRPITrade, seq } = record;
  const sequence = textOf(seq);
  return readPublicTrade(
    {
      T: new JsonNumber(textOf(time) ?? ""),
      s: symbol,
      S: side,
      v: size,
      p: price,
      i: execId,
      ...(isBlockTrade === undefined ? {} : { BT: isBlockTrade }),
      ...(isRPITrade === undefined ? {} : { RPI: isRPITrade }),
      ...(sequence === undefined ? {} : { seq: new JsonNumber(sequence) }),
    },
    marketFlags,
  );
}
