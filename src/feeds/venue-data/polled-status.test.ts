import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { bitstamp } from "../bitstamp/bitstamp.ts";
import { frame } from "../decode/test-support.ts";
import type { Feed } from "../feed.ts";
import { gemini } from "../gemini/gemini.ts";
import { krakenFutures } from "../kraken-futures/kraken-futures.ts";
import { contextOf } from "./test-venue-data.ts";

/* Status and increments of the venues that tell nothing else beside trades and books. */

function readAnswer(feed: Feed, body: string, symbols?: readonly string[]) {
  const [channel] = feed.venueData?.polled ?? [];
  const [request] = channel?.requests(symbols ?? ["BTCUSD"]) ?? [];
  const reader = feed.venueData?.createReader({ channels: [channel?.name ?? ""] });
  const { context, kept } = contextOf(symbols);
  return { outcome: reader?.fetched?.(`https://venue.example${request?.path}`, frame(body), context), ...kept };
}

const KRAKEN_INSTRUMENT =
  '{"symbol":"PF_XBTUSD","pair":"XBT:USD","base":"XBT","quote":"USD","type":"flexible_futures","tickSize":1,"contractSize":1,"tradeable":true,"impactMidSize":1,"maxPositionSize":1000000,"contractValueTradePrecision":4,"postOnly":false}';
const KRAKEN_ANSWER = `{"result":"success","instruments":[${KRAKEN_INSTRUMENT},{"symbol":"pi_ethusd","type":"futures_inverse","tickSize":0.05,"contractSize":1,"tradeable":false,"contractValueTradePrecision":0},{"symbol":"PF_SHIBUSD","type":"flexible_futures","tickSize":1e-8,"contractSize":1,"tradeable":true,"contractValueTradePrecision":-3,"postOnly":true}],"serverTime":"2026-11-21T10:00:00.082Z"}`;

describe("status that is asked for", () => {
  test("kraken-futures: whether a contract may be traded, with steps from its digits", () => {
    const { statuses, refusals } = readAnswer(krakenFutures, KRAKEN_ANSWER);
    expect(refusals).toEqual([]);
    const told = { channel: "instruments", eventTimeUs: 1_795_255_200_082_000, eventTimeNanos: 0, contractSize: "1" };
    expect(statuses).toEqual([
      {
        ...{ ...told, rawSymbol: "PF_XBTUSD", frameIndex: 0, state: "trading", rawState: "tradeable" },
        ...{ tickSize: "1", lotSize: "0.0001", detail: "flexible_futures" },
      },
      {
        ...{ ...told, rawSymbol: "PI_ETHUSD", frameIndex: 1, state: "halted", rawState: "not tradeable" },
        ...{ tickSize: "0.05", lotSize: "1", detail: "futures_inverse" },
      },
      {
        ...{ ...told, rawSymbol: "PF_SHIBUSD", frameIndex: 2, state: "post-only", rawState: "tradeable postOnly" },
        ...{ tickSize: "1e-8", lotSize: "1000", detail: "flexible_futures" },
      },
    ]);
    expect(readAnswer(krakenFutures, KRAKEN_ANSWER, ["PI_ETHUSD"]).statuses).toHaveLength(1);
    const broken = readAnswer(
      krakenFutures,
      KRAKEN_ANSWER.replace('"contractValueTradePrecision":4', '"contractValueTradePrecision":4.5'),
    );
    expect([broken.statuses.length, broken.refusals.map(({ detail }) => detail.slice(0, 45))]).toEqual([
      2,
      ["contractValueTradePrecision is no number of d"],
    ]);
    const refused = '{"result":"error","error":"apiLimitExceeded","serverTime":"2026-11-21T10:00:00.082Z"}';
    expect(readAnswer(krakenFutures, refused)).toMatchObject({ outcome: "other", refusals: [] });
    expect(readAnswer(krakenFutures, "{}").outcome).toBe("refused");
    const [channel] = krakenFutures.venueData?.polled ?? [];
    expect(channel?.refusal?.(frame(refused))).toBe(refused);
    expect(channel?.refusal?.(frame(KRAKEN_ANSWER))).toBeUndefined();
  });

  test("gemini: the state of the book, with digits as they stand", () => {
    const text =
      '{"symbol":"BTCUSD","base_currency":"BTC","quote_currency":"USD","tick_size":1E-8,"quote_increment":0.01,"min_order_size":"0.00001","status":"cancel_only","wrap_enabled":false,"product_type":"spot"}';
    expect(readAnswer(gemini, text).statuses).toEqual([
      {
        ...{ channel: "symbol-details", rawSymbol: "BTCUSD", eventTimeUs: undefined, frameIndex: 0, detail: "spot" },
        ...{ state: "cancel-only", rawState: "cancel_only", tickSize: "0.01", lotSize: "1E-8", minSize: "0.00001" },
      },
    ]);
    expect(
      readAnswer(gemini, text.replace('"open"', '"asleep"').replace("cancel_only", "asleep")).statuses,
    ).toMatchObject([{ state: "unknown", rawState: "asleep" }]);
    expect(readAnswer(gemini, '{"result":"error","reason":"RateLimit"}').refusals).toHaveLength(1);
  });

  test("bitstamp: of all pairs together, the least order without its currency", () => {
    const text =
      '[{"name":"BTC/USD","url_symbol":"btcusd","base_decimals":8,"counter_decimals":0,"instant_order_counter_decimals":2,"minimum_order":"10 USD","trading":"Enabled","instant_and_market_orders":"Disabled","description":"Bitcoin / U.S. dollar"},' +
      '{"name":"XRP/EUR","url_symbol":"xrpeur","base_decimals":8,"counter_decimals":5,"minimum_order":"10.50000 EUR","trading":"Disabled"}]';
    expect(readAnswer(bitstamp, text).statuses).toEqual([
      {
        ...{ channel: "trading-pairs-info", rawSymbol: "btcusd", eventTimeUs: undefined, frameIndex: 0 },
        ...{ state: "trading", rawState: "Enabled", tickSize: "1", lotSize: "0.00000001", minNotional: "10" },
        detail: "instant and market orders Disabled",
      },
      {
        ...{ channel: "trading-pairs-info", rawSymbol: "xrpeur", eventTimeUs: undefined, frameIndex: 1 },
        ...{ state: "halted", rawState: "Disabled", tickSize: "0.00001", lotSize: "0.00000001" },
        ...{ minNotional: "10.50000", detail: undefined },
      },
    ]);
    expect(readAnswer(bitstamp, '{"status":"error","reason":"maintenance"}').outcome).toBe("refused");
  });
});

const file = sharedData("refdata/kraken-futures/instruments-2021-04-17T164821Z.json.gz");
if (file === undefined) console.warn("no recorded instruments of Kraken Futures: skipped");
test.skipIf(file === undefined)("recorded of kraken-futures: 17 contracts that trade, 10 indices that do not", () => {
  const { statuses, refusals } = readAnswer(krakenFutures, gunzipSync(readFileSync(file ?? "")).toString());
  expect([statuses.length, refusals]).toEqual([27, []]);
  expect(statuses.filter(({ state, tickSize }) => state === "trading" && tickSize !== undefined)).toHaveLength(17);
  expect(statuses[0]).toMatchObject({
    rawSymbol: "PI_XBTUSD",
    tickSize: "0.5",
    contractSize: "1",
    detail: "futures_inverse",
  });
});
