import { isObject, textOf } from "../decode/lexeme-json.ts";
import { rfc3339Time } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { spanOf } from "../rest/dialogues.ts";
import { malformedAnswer, readJsonTrades } from "../rest/read-json.ts";
import type { RestAnswer, RestDialogue, RestTrades, WantedTrades } from "../rest/rest-trades.ts";
import { readExecution } from "./trade-message.ts";

const PAGE_MAX = 100;
const PATH = "/derivatives/api/v3/history";

/*
 * GET /derivatives/api/v3/history?symbol=PI_XBTUSD&lastTime=2026-11-21T08:00:00.000Z
 * {"result":"success","history":[record, …],"serverTime":"…"}: the hundred newest before `lastTime`, of the last seven days
 * or since the venue's engine was started, whichever is shorter
 * https://docs.kraken.com/api-reference/market-data/get-trade-history
 *
 *   uid         as on the stream        time  RFC 3339, ms      price, size  JSON numbers
 *   side, type  as on the stream        trade_id  counts the contract's fills: not kept, for the stream has it not
 *
 * Pages overlap by a millisecond, in which trades may lie on both: ids tell them.
 */
export const krakenFuturesRest: RestTrades = {
  url: "https://futures.kraken.com",
  documentation: "https://docs.kraken.com/api-reference/market-data/get-trade-history",
  limits: { weightPerMinute: 120, weightBurst: 10 },
  reach: "seven days, or since the venue's engine was started",
  isNewestOnly: false,
  ask: askByTime,
  read: (answer) => readJsonTrades(answer, [PATH], readBody),
};

function* askByTime({ rawSymbol, fromUs, toUs }: WantedTrades): RestDialogue {
  for (let beforeMs = Math.floor(toUs / 1000) + 1; ; ) {
    const query = new URLSearchParams({ symbol: rawSymbol, lastTime: new Date(beforeMs).toISOString() });
    const page = yield { path: `${PATH}?${query}`, weight: 1 };
    if (page.length === 0) return "beyond";
    const { firstUs } = spanOf(page);
    if (firstUs < fromUs) return "whole";
    const nextMs = Math.floor(firstUs / 1000) + 1;
    // A page that is not full is the venue's last; one that does not lead further back is of one millisecond.
    if (page.length < PAGE_MAX || nextMs >= beforeMs) return "beyond";
    beforeMs = nextMs;
  }
}

function readBody(body: unknown, rawSymbol: string): RestAnswer {
  if (!isObject(body)) return malformedAnswer("not an object");
  if (body["result"] !== "success") {
    const reason = textOf(body["error"]) ?? "no reason given";
    return { kind: "refused", reason, isTemporary: /limit|unavailable|maintenance/i.test(reason) };
  }
  const { history } = body;
  if (!Array.isArray(history)) return malformedAnswer("no array of trades");
  const trades = (history as readonly unknown[]).map((record) => readRecord(record, rawSymbol));
  return { kind: "trades", trades: trades.reverse() };
}

function readRecord(record: unknown, rawSymbol: string): ReadTrade {
  if (!isObject(record)) return { problem: "a trade is not an object", rawSymbol };
  const time = rfc3339Time(textOf(record["time"]) ?? "");
  if (time === undefined) return { problem: "time is not an RFC 3339 time", rawSymbol };
  const execution = readExecution(record, "size", rawSymbol);
  return "problem" in execution ? execution : { ...execution, time };
}
