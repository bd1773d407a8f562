import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { frame } from "../decode/test-support.ts";
import type { Feed } from "../feed.ts";
import { contextOf, readTexts } from "../venue-data/test-venue-data.ts";
import { bybit, bybitInverse, bybitLinear } from "./bybit.ts";
import * as answers from "./polled-fixtures.ts";
import { PRICE_LIMIT } from "./venue-data-fixtures.ts";

const PATH = "https://venue.example/v5/market/instruments-info?category=linear&symbol=BTCUSDT";

function readAnswer(feed: Feed, body: Uint8Array | string) {
  const reader = feed.venueData?.createReader({ channels: ["instruments-info"] });
  const { context, kept } = contextOf();
  return { outcome: reader?.fetched?.(PATH, typeof body === "string" ? frame(body) : body, context), ...kept };
}

describe("Bybit's status", () => {
  test("a contract has a state, increments and the prices that an order may have", () => {
    const { statuses, refusals } = readAnswer(bybitLinear, answers.LINEAR_INSTRUMENT);
    expect(refusals).toEqual([]);
    expect(statuses).toEqual([
      {
        ...{ channel: "instruments-info", rawSymbol: "BTCUSDT", eventTimeUs: 1_763_712_000_500_000, frameIndex: 0 },
        ...{ state: "trading", rawState: "Trading", tickSize: "0.10", lotSize: "0.001", minSize: "0.001" },
        ...{ maxSize: "1190.000", minNotional: "5", priceMin: "0.10", priceMax: "1999999.80" },
        detail: "LinearPerpetual",
      },
    ]);
  });

  test("spot names its increments otherwise", () => {
    expect(readAnswer(bybit, answers.SPOT_INSTRUMENT).statuses).toMatchObject([
      {
        ...{ state: "trading", tickSize: "0.01", lotSize: "0.000001", minSize: "0.000011", maxSize: "83" },
        ...{ minNotional: "5", priceMin: undefined, detail: undefined },
      },
    ]);
  });

  test("a refusal and an answer without the symbol tell nothing", () => {
    const refused =
      '{"retCode":10001,"retMsg":"params error: symbol invalid","result":{},"retExtInfo":{},"time":1763712000500}';
    expect(readAnswer(bybitLinear, refused)).toMatchObject({ outcome: "other", statuses: [], refusals: [] });
    const empty = answers.LINEAR_INSTRUMENT.replace(/"list":\[.*\]/, '"list":[]');
    expect(readAnswer(bybitLinear, empty)).toMatchObject({ outcome: "venue-data", statuses: [], refusals: [] });
    expect(readAnswer(bybitLinear, '{"retCode":0,"result":{}}').outcome).toBe("refused");
    const [channel] = bybitInverse.venueData?.polled ?? [];
    expect(channel?.refusal?.(frame(refused))).toContain("10001");
    expect(channel?.refusal?.(frame(answers.LINEAR_INSTRUMENT))).toBeUndefined();
    expect(channel?.requests(["BTCUSD"]).map(({ path }) => path)).toEqual([
      "/v5/market/instruments-info?category=inverse&symbol=BTCUSD",
    ]);
  });

  test("limits of prices are a status without a state: the highest of a bid, the lowest of an ask", () => {
    const { statuses, refusals, outcomes } = readTexts(
      bybitLinear,
      ["priceLimit"],
      [PRICE_LIMIT, PRICE_LIMIT.replace('"sellLmt":"103550.00"', '"sellLmt":"low"')],
    );
    expect([outcomes, refusals.length]).toEqual([["venue-data", "venue-data"], 1]);
    expect(statuses).toEqual([
      {
        ...{ channel: "priceLimit", rawSymbol: "BTCUSDT", eventTimeUs: 1_763_712_000_782_000, frameIndex: 0 },
        ...{ priceMin: "103550.00", priceMax: "114450.00" },
      },
    ]);
    expect(JSON.parse(bybit.subscribe(["BTCUSDT"], ["priceLimit"]).join("")).args).toEqual(["priceLimit.BTCUSDT"]);
  });
});

const file = sharedData("refdata/bybit/v5-instruments-linear-2026-08-09T212657Z.json.gz");
if (file === undefined) console.warn("no recorded instruments of Bybit: skipped");
test.skipIf(file === undefined)("recorded of linear contracts: 800, all trading, each with its increments", () => {
  const { statuses, refusals } = readAnswer(bybitLinear, gunzipSync(readFileSync(file ?? "")));
  expect([statuses.length, refusals]).toEqual([800, []]);
  expect(statuses.filter(({ state }) => state === "trading")).toHaveLength(800);
  expect(statuses.filter(({ detail }) => detail === "LinearFutures")).toHaveLength(40);
  expect(statuses.every(({ tickSize, lotSize, minSize, priceMax }) => tickSize && lotSize && minSize && priceMax)).toBe(
    true,
  );
  expect(statuses[0]).toMatchObject({ rawSymbol: "0GUSDT", tickSize: "0.0001", lotSize: "0.1", minNotional: "5" });
});
