import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { type Frame, fetchedPayload } from "../../src/domain/index.ts";
import { feedById } from "../../src/feeds/index.ts";
import { openVenueData } from "../../src/pipeline/index.ts";
import { MemoryLog } from "../../src/pipeline/test-support.ts";
import { refusalsOf, rowsOf as venueDataRows } from "../../src/pipeline/venue-data/test-venue-data.ts";
import { startVenueServer } from "../../src/venue-server/index.ts";
import { sharedData } from "../shared-data.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";

/* What venues publish over HTTP alone: from the endpoint through the raw log to the tables. */

interface FeedHealth {
  readonly connection: string;
  readonly state: string;
  readonly frames: number;
  readonly lastError: string | null;
}

async function healthOf(url: string, connection: string): Promise<FeedHealth | undefined> {
  const { feeds } = (await (await fetch(`${url}/v1/health`)).json()) as { readonly feeds: readonly FeedHealth[] };
  return feeds.find((feed) => feed.connection === connection);
}

async function when(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 40));
}

const FEEDS = [
  {
    feed: "binance-usdm",
    symbols: ["BTC-USDT-PERP", "ETH-USDT-PERP"],
    channels: ["trade", "openInterest", "exchangeInfo"],
    pollEveryMs: { openInterest: 500, exchangeInfo: 500 },
  },
  // Nothing of it is subscribed: it has no socket.
  {
    feed: "binance",
    symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT"],
    channels: ["exchangeInfo"],
    pollEveryMs: { exchangeInfo: 500 },
  },
  {
    feed: "bybit-linear",
    symbols: ["BTC-USDT-PERP"],
    channels: ["publicTrade", "status", "priceLimit"],
    pollEveryMs: { "instruments-info": 500 },
  },
];
const STATUS = `SELECT venue, symbol, state, channel, connection, epoch::INT AS epoch, tick_size::TEXT AS tick, lot_size::TEXT AS lot, flags
  FROM silver.status WHERE channel <> 'priceLimit' ORDER BY ALL`;
const tradesAndSamples = `SELECT count(*)::INT AS samples, count(DISTINCT (symbol, ts_event))::INT AS times,
  bool_and(open_interest > 0 AND funding_rate IS NULL AND flags = '') AS sound FROM silver.funding`;

test.each(["none", "worker"] as const)(
  "k2 up with isolation %s: open interest is sampled, statuses are told once, over a restart too",
  async (isolation) => {
    using folder = temporaryFolder();
    const config = testConfig(folder.path, {
      ...{ feeds: FEEDS, capture: { isolation }, simulation: { tradesPerSecond: 400 } },
      lake: { commitAgeMs: 300, firstCommitAgeMs: 100 },
    });
    let samples = 0;
    for (let start = 0; start < 2; start += 1) {
      await using k2 = await startK2(config, { logger: silentLogger });
      const samplesNow = async (): Promise<number> => Number((await rowsOf(k2, tradesAndSamples))[0]?.["samples"]);
      await when(async () => (await samplesNow()) > samples + 6);
      await when(async () => Number((await healthOf(k2.url, "binance/rest"))?.frames) > 2);
      await when(async () => (await rowsOf(k2, STATUS)).length === 5);
      expect(await healthOf(k2.url, "binance-usdm/rest")).toMatchObject({ state: "live" });
      expect(await healthOf(k2.url, "binance/0")).toBeUndefined();
      await k2.settled();
      const [counted] = await rowsOf(k2, tradesAndSamples);
      expect(counted).toMatchObject({ times: counted?.["samples"], sound: true });
      samples = Number(counted?.["samples"]);
      const steps = (tick: string, lot: string) => ({
        tick: tick.padEnd(tick.indexOf(".") + 19, "0"),
        lot: lot.padEnd(lot.indexOf(".") + 19, "0"),
      });
      const polled = { state: "trading", channel: "exchangeInfo", epoch: 0, flags: "" };
      expect(await rowsOf(k2, STATUS)).toEqual([
        {
          ...polled,
          venue: "binance",
          symbol: "BTC-USDT-SPOT",
          connection: "binance/rest",
          ...steps("0.01", "0.00001"),
        },
        {
          ...polled,
          venue: "binance",
          symbol: "ETH-USDT-SPOT",
          connection: "binance/rest",
          ...steps("0.01", "0.0001"),
        },
        ...["BTC-USDT-PERP", "ETH-USDT-PERP"].map((symbol, index) => ({
          ...{ ...polled, venue: "binance-usdm", symbol, connection: "binance-usdm/rest", flags: "noEventTime" },
          ...steps(["0.1", "0.01"][index] ?? "", "0.001"),
        })),
        {
          ...{ ...polled, channel: "instruments-info", venue: "bybit-linear", symbol: "BTC-USDT-PERP" },
          ...{ connection: "bybit-linear/rest", ...steps("0.1", "0.001") },
        },
      ]);
      expect(
        await rowsOf(
          k2,
          "SELECT DISTINCT price_min < price_max AS sound FROM silver.status WHERE channel = 'priceLimit' AND raw_state IS NULL",
        ),
      ).toEqual([{ sound: true }]);
      expect(await rowsOf(k2, "SELECT reason, detail FROM silver.quarantine")).toEqual([]);
      // Asked for again and again, each answer kept, in a partition of its own; trades in that of their socket.
      const frames =
        "SELECT kind, count(*) > 3 AS many FROM bronze.frames WHERE connection = 'binance-usdm/rest' GROUP BY ALL";
      await when(async () => (await rowsOf(k2, frames))[0]?.["many"] === true);
      expect(await rowsOf(k2, frames)).toEqual([{ kind: "fetched", many: true }]);
      expect(await (await fetch(`${k2.url}/metrics`)).text()).toMatch(
        /k2_poll_requests_total\{feed="binance-usdm",channel="openInterest",outcome="answered"\} \d+/,
      );
    }
  },
  120_000,
);

test("a venue in trouble is asked on: its failures are seen, trades flow meanwhile, and samples come again", async () => {
  using folder = temporaryFolder();
  await using server = await startVenueServer({
    source: { kind: "market", seed: 3, tradesPerSecond: 300, feeds: ["binance-usdm"], joinNow: true },
  });
  const url = server.url("binance-usdm");
  const feed = { feed: "binance-usdm", symbols: ["BTC-USDT-PERP"], channels: ["trade", "openInterest"], url };
  const config = (more: object) =>
    testConfig(folder.path, { mode: "live", feeds: [{ ...feed, ...more, pollEveryMs: { openInterest: 500 } }] });
  const count =
    "SELECT (SELECT count(*)::INT FROM silver.trades) AS trades, (SELECT count(*)::INT FROM silver.funding) AS samples";
  {
    // Whom to ask is not said: the venue's own answers would be of another market.
    await using k2 = await startK2(config({}), { logger: silentLogger });
    expect(await healthOf(k2.url, "binance-usdm/rest")).toMatchObject({
      ...{ state: "stopped", frames: 0, lastError: expect.stringMatching(/no restUrl says whom to ask$/) },
    });
    await when(async () => Number((await rowsOf(k2, count))[0]?.["trades"]) > 5);
  }
  await using k2 = await startK2(config({ restUrl: server.restUrl("binance-usdm") }), { logger: silentLogger });
  const counts = async () => (await rowsOf(k2, count))[0] ?? {};
  await when(async () => Number((await counts())["samples"]) > 1);
  server.setRestFaults({ seed: 1, rules: [{ kind: "unavailable", timesMax: 1, retryAfterSeconds: 1 }] });
  await when(async () => (await healthOf(k2.url, "binance-usdm/rest"))?.state === "waiting");
  const before = await counts();
  expect(await healthOf(k2.url, "binance-usdm/rest")).toMatchObject({ lastError: expect.stringContaining("HTTP 503") });
  await when(async () => {
    const now = await counts();
    return Number(now["trades"]) > Number(before["trades"]) && Number(now["samples"]) > Number(before["samples"]);
  });
  expect(await healthOf(k2.url, "binance-usdm/rest")).toMatchObject({ state: "live" });
  expect(await rowsOf(k2, "SELECT reason, detail FROM silver.quarantine")).toEqual([]);
}, 120_000);

test("venues that tell their status over HTTP alone, where nothing else of them is captured", async () => {
  using folder = temporaryFolder();
  const feeds = [
    { feed: "kraken-futures", symbols: ["BTC-USD-PERP"], channels: ["status"], pollEveryMs: { instruments: 500 } },
    { feed: "gemini", symbols: ["SOL-USD-SPOT"], channels: ["status"], pollEveryMs: { "symbol-details": 1000 } },
    { feed: "bitstamp", symbols: ["BTC-USD-SPOT"], channels: ["status"], pollEveryMs: { "trading-pairs-info": 500 } },
  ];
  const config = testConfig(folder.path, { feeds, simulation: { tradesPerSecond: 400 } });
  await using k2 = await startK2(config, { logger: silentLogger });
  const told =
    "SELECT venue, symbol, state, tick_size::DOUBLE AS tick, lot_size::DOUBLE AS lot FROM silver.status ORDER BY ALL";
  await when(async () => (await rowsOf(k2, told)).length === 3);
  await when(async () => Number((await healthOf(k2.url, "bitstamp/rest"))?.frames) > 2);
  await k2.settled();
  expect(await rowsOf(k2, told)).toEqual([
    { venue: "bitstamp", symbol: "BTC-USD-SPOT", state: "trading", tick: 0.01, lot: 1e-8 },
    { venue: "gemini", symbol: "SOL-USD-SPOT", state: "trading", tick: 0.001, lot: 1e-6 },
    { venue: "kraken-futures", symbol: "BTC-USD-PERP", state: "trading", tick: 0.5, lot: 1e-4 },
  ]);
  expect(await rowsOf(k2, "SELECT reason, detail FROM silver.quarantine")).toEqual([]);
});

test("a cadence of what is not polled is refused", async () => {
  using folder = temporaryFolder();
  const feeds = [{ feed: "kraken", symbols: ["BTC-USD-SPOT"], channels: ["trade"], pollEveryMs: { trade: 1000 } }];
  const starting = startK2(testConfig(folder.path, { feeds }), { logger: silentLogger });
  await expect(starting).rejects.toThrow(/kraken does not poll trade, which pollEveryMs names; it polls nothing/);
});

const TIMES = [
  "03T19:28:06",
  "03T19:33:34",
  "04T01:23:26",
  "09T01:20:01",
  "10T01:18:47",
  "14T01:15:10",
  "16T01:14:43",
  "29T01:07:51",
];
const FILES = TIMES.map((time) =>
  sharedData(`refdata/binance-spot/exchangeInfo-2022-11-${time.replaceAll(":", "")}Z.json.gz`),
);
const REFUSED = sharedData("refdata/binance-spot/error-2022-12-01T011540.json.gz");
const isAbsent = [REFUSED, ...FILES].includes(undefined);
if (isAbsent) console.warn("no recorded exchange information of Binance: skipped");

test.skipIf(isAbsent)(
  "recorded polls of a whole market: a row where a status is new or another, and none of what only rolls",
  async () => {
    const answers = [...FILES, REFUSED].map((path) => gunzipSync(readFileSync(path ?? "")));
    const frames = answers.map((body, index): Frame => {
      const payload = fetchedPayload({ url: "https://api.binance.com/api/v3/exchangeInfo", status: 200, body });
      const timeNs = BigInt(Date.parse(`2022-11-${TIMES[index] ?? "30T23:59:59"}Z`) + 1_000) * 1_000_000n;
      return {
        kind: "fetched",
        feed: "binance",
        connection: "binance/rest",
        epoch: 0,
        timeNs,
        source: "live",
        payload,
      };
    });
    const rules = {
      venueOf: () => "binance",
      readerFor: () => feedById("binance").venueData?.createReader({ channels: ["exchangeInfo"] }) as never,
      instrument: (_feed: string, rawSymbol: string) => ({ symbol: `${rawSymbol}-SPOT`, venue: "binance" }),
    };
    const rows = await Promise.all(
      [0, 1].map(async () => {
        const log = new MemoryLog(3);
        log.putFrames(frames, 0, "binance");
        await (await openVenueData({ raw: log, events: log, rawTopics: ["raw.binance"], rules })).run({
          follow: false,
        });
        // The body that says why nothing was answered is refused, and delists nothing.
        expect(refusalsOf(log)).toMatchObject([{ reason: "malformed", rawOffset: FILES.length }]);
        return venueDataRows(log, "status");
      }),
    );
    expect(rows[0]).toEqual(rows[1]);
    const [told = []] = rows;
    const ofAnswer = (index: number) => told.filter((row) => row["_raw_offset"] === index);
    // Counted by another program. 1,400 records and more differ each day in what rolls with the market.
    expect(FILES.map((_, index) => ofAnswer(index).length)).toEqual([2123, 16, 16, 34, 19, 24, 20, 41]);
    // As the README of the recordings says: 15 increments of prices, VIDT open again, 8 increments, FTT closed.
    const changed = (column: string, index: number): readonly string[] =>
      ofAnswer(index)
        .filter(({ raw_symbol }) => {
          const all = told.filter((row) => row["raw_symbol"] === raw_symbol && Number(row["_raw_offset"]) <= index);
          return all.length > 1 && all.at(-1)?.[column] !== all.at(-2)?.[column];
        })
        .map(({ raw_symbol }) => String(raw_symbol));
    expect([3, 5].map((index) => changed("tick_size", index).length)).toEqual([15, 8]);
    expect(changed("tick_size", 3)).toContain("FTTUSDT");
    expect(changed("state", 4).toSorted()).toEqual(["VIDTBTC", "VIDTBUSD", "VIDTUSDT"]);
    expect(changed("state", 6).toSorted()).toEqual(["FTTBNB", "FTTBTC", "FTTETH", "FTTUSDT"]);
  },
);

test.skipIf(isAbsent)(
  "the same answers over HTTP, one poll after the other, of two symbols that are captured",
  async () => {
    using folder = temporaryFolder();
    const answers = FILES.map((path) => gunzipSync(readFileSync(path ?? "")));
    let polls = 0;
    const server = createServer((_request, response) => {
      response.end(answers[Math.min(polls, answers.length - 1)]);
      polls += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const restUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const symbols = ["FTT-USDT-SPOT", "VIDT-USDT-SPOT"];
    const feeds = [
      { feed: "binance", symbols, channels: ["exchangeInfo"], restUrl, pollEveryMs: { exchangeInfo: 500 } },
    ];
    const config = testConfig(folder.path, { mode: "live", feeds });
    try {
      await using k2 = await startK2(config, { logger: silentLogger });
      await when(async () => polls > answers.length + 1);
      await k2.settled();
      const rows = await rowsOf(
        k2,
        `SELECT symbol, strftime(ts_event AT TIME ZONE 'UTC', '%m-%d %H:%M') AS at, raw_state AS state, tick_size::DOUBLE AS tick
       FROM silver.status ORDER BY ALL`,
      );
      expect(rows).toEqual([
        { symbol: "FTT-USDT-SPOT", at: "11-03 19:28", state: "TRADING", tick: 0.01 },
        { symbol: "FTT-USDT-SPOT", at: "11-09 01:20", state: "TRADING", tick: 0.0001 },
        { symbol: "FTT-USDT-SPOT", at: "11-16 01:14", state: "BREAK", tick: 0.0001 },
        { symbol: "VIDT-USDT-SPOT", at: "11-03 19:28", state: "BREAK", tick: expect.any(Number) },
        { symbol: "VIDT-USDT-SPOT", at: "11-10 01:18", state: "TRADING", tick: expect.any(Number) },
      ]);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  },
);
