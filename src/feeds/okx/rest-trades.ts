import { isObject, textOf } from "../decode/lexeme-json.ts";
import { askDownwards } from "../rest/dialogues.ts";
import { malformedAnswer, readJsonTrades } from "../rest/read-json.ts";
import type { RestAnswer, RestTrades } from "../rest/rest-trades.ts";
import { readOkxTrade } from "./trade-message.ts";

const PAGE_MAX = 100;
/** What a refusal's code says of the venue's state rather than of the request. */
const TEMPORARY: ReadonlySet<string> = new Set(["50001", "50004", "50011", "50013", "50026", "50061"]);

/*
 * GET /api/v5/market/history-trades?instId=BTC-USDT&type=1&after=<tradeId>&limit=100:
 * {"code":"0","msg":"","data":[record, …]}, newest first, ids below `after`; with type=2 times (ms) before `after`
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-trades-history: 20 requests in 2 seconds
 *
 * Records are those of `trades-all`: one an execution, of the last three months. A gap of `trades`, whose records may
 * stand for several executions, is filled with the executions themselves: those of ids that are missing, and no others.
 */
export const okxRest: RestTrades = {
  url: "https://www.okx.com",
  documentation: "https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-trades-history",
  limits: { weightPerMinute: 300, weightBurst: 10 },
  reach: "three months",
  isNewestOnly: false,
  ask(wanted) {
    const { rawSymbol, firstId, lastId, toUs } = wanted;
    return askDownwards(wanted, {
      pageMax: PAGE_MAX,
      request(before) {
        const query = new URLSearchParams({ instId: rawSymbol, type: "1", limit: String(PAGE_MAX) });
        if (before !== undefined) query.set("after", String(before));
        else if (firstId === undefined && lastId === undefined) {
          // A time leads to the first page only: several trades share a millisecond.
          query.set("type", "2");
          query.set("after", String(Math.floor(toUs / 1000) + 1));
        }
        return { path: `/api/v5/market/history-trades?${query}`, weight: 1 };
      },
    });
  },
  read: (answer) => readJsonTrades(answer, ["/api/v5/market/history-trades"], readBody),
};

function readBody(body: unknown): RestAnswer {
  if (!isObject(body)) return malformedAnswer("not an object");
  const code = textOf(body["code"]);
  if (code !== "0") {
    const reason = `${code} ${textOf(body["msg"]) ?? ""}`;
    return { kind: "refused", reason, isTemporary: TEMPORARY.has(code ?? "") };
  }
  const { data } = body;
  if (!Array.isArray(data)) return malformedAnswer("no array of trades");
  return { kind: "trades", trades: data.map(readOkxTrade).reverse() };
}
