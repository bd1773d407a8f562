import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { frame } from "../decode/test-support.ts";
import type { Feed } from "../feed.ts";
import { contextOf, tally } from "../venue-data/test-venue-data.ts";
import { binance, binanceCoinm, binanceUsdm } from "./binance.ts";
import * as fixtures from "./polled-fixtures.ts";

/** An answer through the feed's reader of its polled channels. */
function readAnswer(feed: Feed, path: string, body: Uint8Array | string, symbols?: readonly string[]) {
  const reader = feed.venueData?.createReader({ channels: ["openInterest", "exchangeInfo"] });
  const { context, kept } = contextOf(symbols);
  const bytes = typeof body === "string" ? frame(body) : body;
  const outcome = reader?.fetched?.(`https://venue.example${path}`, bytes, context);
  return { outcome, ...kept };
}

describe("Binance over HTTP", () => {
  test("open interest is a sample with the venue's own time: base currency on USD-M, contracts on COIN-M", () => {
    const usdm = readAnswer(binanceUsdm, "/fapi/v1/openInterest?symbol=BTCUSDT", fixtures.USDM_OPEN_INTEREST);
    const coinm = readAnswer(binanceCoinm, "/dapi/v1/openInterest?symbol=BTCUSD_PERP", fixtures.COINM_OPEN_INTEREST);
    expect([usdm.refusals, coinm.refusals]).toEqual([[], []]);
    const told = { channel: "openInterest", frameIndex: 0, isSample: true };
    expect([...usdm.fundings, ...coinm.fundings]).toEqual([
      { ...told, rawSymbol: "BTCUSDT", eventTimeUs: 1_763_712_000_011_000, openInterest: "10659.509" },
      { ...told, rawSymbol: "BTCUSD_PERP", eventTimeUs: 1_763_712_000_378_000, openInterest: "15004" },
    ]);
  });

  test("spot's symbols have a state, increments and limits; a limit of 0 is none", () => {
    const { statuses, refusals } = readAnswer(binance, "/api/v3/exchangeInfo?symbols=x", fixtures.SPOT_INFO);
    expect(refusals).toEqual([]);
    expect(statuses).toEqual([
      {
        channel: "exchangeInfo",
        rawSymbol: "BTCUSDT",
        eventTimeUs: 1_763_712_000_123_000,
        frameIndex: 0,
        state: "trading",
        rawState: "TRADING",
        tickSize: "0.01000000",
        lotSize: "0.00001000",
        minSize: "0.00001000",
        maxSize: "9000.00000000",
        minNotional: "5.00000000",
        contractSize: undefined,
        priceMin: "0.01000000",
        priceMax: "1000000.00000000",
        detail: undefined,
      },
      expect.objectContaining({
        ...{ rawSymbol: "OLDUSDT", frameIndex: 1, state: "halted", rawState: "BREAK", minNotional: "10.00000000" },
        ...{ priceMin: undefined, priceMax: undefined, lotSize: undefined },
      }),
    ]);
  });

  test("futures: the whole market is answered and only the chosen are told; the time of the server means nothing", () => {
    const chosen = ["BTCUSDT", "ETHUSDT_260327", "NEWUSDT"];
    const usdm = readAnswer(binanceUsdm, "/fapi/v1/exchangeInfo", fixtures.USDM_INFO, chosen.slice(0, 2));
    expect(usdm.statuses).toMatchObject([
      {
        ...{ rawSymbol: "BTCUSDT", eventTimeUs: undefined, state: "trading", tickSize: "0.10", minNotional: "100" },
        ...{ priceMin: "556.80", priceMax: "4529764", detail: "PERPETUAL" },
      },
      { rawSymbol: "ETHUSDT_260327", frameIndex: 1, state: "halted", rawState: "SETTLING" },
    ]);
    const coinm = readAnswer(binanceCoinm, "/dapi/v1/exchangeInfo", fixtures.COINM_INFO);
    expect(coinm.statuses).toMatchObject([
      { rawSymbol: "BTCUSD_PERP", state: "trading", contractSize: "100", lotSize: "1", eventTimeUs: undefined },
    ]);
  });

  test("a refusal, a page that is cut short and a record without a symbol delist nothing", () => {
    const asked = (body: string) => readAnswer(binance, "/api/v3/exchangeInfo?symbols=x", body);
    for (const body of ['{"code":-1003,"msg":"Too many requests"}', fixtures.SPOT_INFO.slice(0, -20), "<html>", "[]"]) {
      const { outcome, statuses, refusals } = asked(body);
      expect([outcome, statuses, refusals.length]).toEqual(["refused", [], 1]);
    }
    const nameless = asked(fixtures.SPOT_INFO.replace('"symbol":"BTCUSDT"', '"symbol":7'));
    expect(nameless.statuses.map(({ rawSymbol }) => rawSymbol)).toEqual(["OLDUSDT"]);
    expect(nameless.refusals).toMatchObject([{ reason: "malformed", frameIndex: 0 }]);
  });

  test("spot is asked for a hundred symbols at once, open interest for one, futures for all", () => {
    const requests = (feed: Feed, name: string, symbols: readonly string[]) =>
      feed.venueData?.polled?.find((channel) => channel.name === name)?.requests(symbols) ?? [];
    const [spot] = requests(binance, "exchangeInfo", ["BTCUSDT", "ETHUSDT"]);
    expect(decodeURIComponent(spot?.path ?? "")).toBe(
      '/api/v3/exchangeInfo?symbols=["BTCUSDT","ETHUSDT"]&showPermissionSets=false',
    );
    const many = Array.from({ length: 201 }, (_, index) => `S${index}`);
    expect(requests(binance, "exchangeInfo", many).map(({ rawSymbols }) => rawSymbols.length)).toEqual([100, 100, 1]);
    expect(requests(binanceUsdm, "openInterest", ["BTCUSDT", "ETHUSDT_260327"]).map(({ path }) => path)).toEqual([
      "/fapi/v1/openInterest?symbol=BTCUSDT",
      "/fapi/v1/openInterest?symbol=ETHUSDT_260327",
    ]);
    expect(requests(binanceCoinm, "exchangeInfo", many)).toEqual([
      { path: "/dapi/v1/exchangeInfo", weight: 1, rawSymbols: [] },
    ]);
  });
});

const recorded = (path: string): Uint8Array | undefined => {
  const file = sharedData(`refdata/${path}`);
  return file === undefined ? undefined : gunzipSync(readFileSync(file));
};
const SPOT = recorded("binance-spot/exchangeInfo-2022-11-03T192806Z.json.gz");
const FUTURES = recorded("binance-usdm/exchangeInfo-2021-07-21T090403Z.json.gz");
if (SPOT === undefined || FUTURES === undefined) console.warn("no recorded exchange information: skipped");

test.skipIf(SPOT === undefined)("recorded of spot: 2,123 symbols, each with its increments, none refused", () => {
  const { statuses, refusals } = readAnswer(binance, "/api/v3/exchangeInfo", SPOT ?? "");
  expect([statuses.length, refusals]).toEqual([2123, []]);
  expect(tally(statuses.map(({ state }) => state ?? ""))).toEqual({ trading: 1447, halted: 676 });
  expect(statuses.every(({ tickSize, lotSize, minNotional }) => tickSize && lotSize && minNotional)).toBe(true);
  expect(statuses[0]?.eventTimeUs).toBe(1_667_503_686_409_000);
});

test.skipIf(FUTURES === undefined)("recorded of USD-M: 122 contracts, one not open yet, none refused", () => {
  const { statuses, refusals } = readAnswer(binanceUsdm, "/fapi/v1/exchangeInfo", FUTURES ?? "");
  expect([statuses.length, refusals]).toEqual([122, []]);
  expect(tally(statuses.map(({ state }) => state ?? ""))).toEqual({ trading: 121, "pre-open": 1 });
  expect(statuses.find(({ rawSymbol }) => rawSymbol === "BTCUSDT")).toMatchObject({
    ...{ tickSize: "0.01", lotSize: "0.001", minNotional: "5", priceMin: "556.72", detail: "PERPETUAL" },
    eventTimeUs: undefined,
  });
});
