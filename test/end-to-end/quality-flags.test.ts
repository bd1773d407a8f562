import { expect, test } from "vitest";
import type { HealthReport } from "../../src/api/index.ts";
import type { Config } from "../../src/app/config.ts";
import { openDataFolder } from "../../src/app/data-folder.ts";
import { startK2 } from "../../src/app/wire.ts";
import { RecordBatchBuilder, silentLogger, systemClock } from "../../src/base/index.ts";
import { qualityText } from "../../src/cli/quality.ts";
import { appendFrameRecord, rawTopic } from "../../src/domain/index.ts";
import { openLog } from "../../src/log/index.ts";
import type { QualityRow, QuoteQualityRow } from "../../src/query/index.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";

/*
 * Two venues of one instrument: seven ordinary minutes, from which K2 learns what to expect, then one of everything that
 * docs/data-quality.md tells of. Each second second both venues quote and trade.
 */
const T0_MS = Date.parse("2026-10-31T12:00:00Z");
const MINUTE_S = 60;
const MINUTES = 13;
const URL_OF_NOBODY = "ws://127.0.0.1:9/";

interface Moment {
  readonly minute: number;
  /** Within the minute. */
  readonly second: number;
  readonly atMs: number;
  readonly index: number;
}

/** Each second second of all minutes, and three seconds more so that the last is over. */
function moments(): readonly Moment[] {
  const count = (MINUTES * MINUTE_S + 4) / 2;
  return Array.from({ length: count }, (_, index) => ({
    ...{ minute: Math.floor((2 * index) / MINUTE_S), second: (2 * index) % MINUTE_S },
    ...{ atMs: T0_MS + index * 2_000 + 500, index },
  }));
}

/** Around 100, by less than a hundredth of a percent. */
function ordinary(index: number): { readonly price: string; readonly size: string } {
  return { price: (100 + ((index * 7) % 5) / 1_000).toFixed(3), size: (1 + ((index * 3) % 7) / 10).toFixed(1) };
}

interface Trade {
  readonly id: number;
  readonly price: string;
  readonly size: string;
  readonly timeMs: number;
}

const binanceTrade = ({ id, price, size, timeMs }: Trade): string =>
  `{"stream":"btcusdt@trade","data":{"e":"trade","E":${timeMs},"s":"BTCUSDT","t":${id},"p":"${price}","q":"${size}","T":${timeMs},"m":true,"M":true}}`;
const binanceQuote = (update: number, bid: string, ask: string): string =>
  `{"stream":"btcusdt@bookTicker","data":{"u":${update},"s":"BTCUSDT","b":"${bid}","B":"1","a":"${ask}","A":"1"}}`;
const bybitTrade = ({ id, price, size, timeMs }: Trade): string =>
  `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":${timeMs},"data":[{"i":"${id}","T":${timeMs},"p":"${price}","v":"${size}","S":"Sell","s":"BTCUSDT","BT":false,"RPI":false,"seq":${id}}]}`;
const bybitQuote = (update: number, timeMs: number, bid: string, ask: string): string =>
  `{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":${timeMs},"data":{"s":"BTCUSDT","b":[["${bid}","1"]],"a":[["${ask}","1"]],"u":${update},"seq":${update}},"cts":${timeMs}}`;

const SPARSE = 7;
const QUIET = 8;
const SILENT = 9;
const WILD = 10;
const CROSSED = 11;

/** What is wrong in the wild minute, by its second. */
const WILD_TRADES: Readonly<Record<number, (trade: Trade) => readonly Trade[]>> = {
  20: (trade) => [{ ...trade, price: "140.000" }],
  24: (trade) => [{ ...trade, size: "9000000.0" }],
  28: (trade) => [{ ...trade, timeMs: trade.timeMs - 5_000 }],
  32: (trade) => [trade, trade],
  36: (trade) => [{ ...trade, price: "100.0000000001" }],
};

function binanceTrades({ minute, second }: Moment, trade: Trade): readonly Trade[] {
  if (minute === QUIET || (minute === SPARSE && second >= 6)) return [];
  if (minute === CROSSED) return [{ ...trade, price: "102.001" }]; // Two percent above the other venue.
  return (minute === WILD ? WILD_TRADES[second]?.(trade) : undefined) ?? [trade];
}

/** In the crossed minute its bid is the other's ask from second 20 on, and above it from second 30 to 40. */
function binancePrices({ minute, second }: Moment): readonly [bid: string, ask: string] {
  if (minute !== CROSSED) return ["99.99", "100.02"];
  return [second < 20 ? "99.99" : second < 30 || second >= 40 ? "100.02" : "100.05", "100.06"];
}

/** What binance says at a moment; its trades are numbered without a hole. */
function binance(): (moment: Moment) => readonly string[] {
  let id = 1_000;
  return (moment) => {
    if (moment.minute === SILENT) return [];
    const trades = binanceTrades(moment, { id, ...ordinary(moment.index), timeMs: moment.atMs - 20 });
    if (trades.length > 0) id += 1;
    return [binanceQuote(moment.index, ...binancePrices(moment)), ...trades.map(binanceTrade)];
  };
}

function bybit({ atMs, index }: Moment): readonly string[] {
  const trade = { id: 5_000 + index, ...ordinary(index + 1), timeMs: atMs - 30 };
  return [bybitQuote(index + 1, atMs - 30, "99.99", "100.02"), bybitTrade(trade)];
}

const encoder = new TextEncoder();

/** As if the feeds had captured it: in the raw log before K2 starts, so that all is read in the order of its time. */
async function record(config: Config, feed: string, says: (moment: Moment) => readonly string[]): Promise<void> {
  const frames = moments().flatMap((moment) => says(moment).map((text) => ({ atMs: moment.atMs, text })));
  const opened = JSON.stringify({ url: URL_OF_NOBODY, symbols: ["BTCUSDT"], planned: false });
  const builder = new RecordBatchBuilder();
  const push = (kind: "opened" | "received", atMs: number, text: string): void => {
    const socket = { feed, connection: `${feed}/0`, epoch: 1, source: "live" as const };
    appendFrameRecord({ ...socket, kind, timeNs: BigInt(atMs) * 1_000_000n, payload: encoder.encode(text) }, builder);
  };
  push("opened", T0_MS, opened);
  for (const { atMs, text } of frames) push("received", atMs, text);
  await using log = await openLog({ folder: openDataFolder(config).log, clock: systemClock, logger: silentLogger });
  await log.ensureTopic({ topic: rawTopic(feed), partitions: 1 });
  await log.append([{ topic: rawTopic(feed), partition: 0, records: builder.take() }]);
}

test("each way in which a minute of trades or quotes may be bad is told of it: in the tables, by the API, k2 quality and the page's report", {
  timeout: 120_000,
}, async () => {
  using folder = temporaryFolder();
  const of = { symbols: ["BTC-USDT-SPOT"], url: URL_OF_NOBODY };
  const feeds = [
    { feed: "binance", channels: ["trade", "bookTicker", "ticker"], ...of },
    { feed: "bybit", channels: ["publicTrade", "orderbook.1"], ...of },
  ];
  const config = testConfig(folder.path, { mode: "live", feeds, healing: { enabled: false } });
  await record(config, "binance", binance());
  await record(config, "bybit", bybit);
  await using k2 = await startK2(config, { logger: silentLogger });
  await k2.settled();
  const answer = async <Row>(path: string): Promise<readonly Row[]> =>
    ((await (await fetch(k2.url + path)).json()) as { readonly rows: readonly Row[] }).rows;
  const [trades, quotes] = await Promise.all([
    answer<QualityRow>("/v1/quality?order=asc&limit=1000"),
    answer<QuoteQualityRow>("/v1/quality/quotes?order=asc&limit=1000"),
  ]);
  const minuteOf = ({ start }: { readonly start: string }): number => (Date.parse(start) - T0_MS) / 60_000;
  const told = trades
    .filter(({ venue }) => venue === "binance")
    .map((row) => [minuteOf(row), row.trades, row.flags.join()]);
  expect(told).toEqual([
    [0, 30, "partial"],
    ...[1, 2, 3, 4, 5, 6].map((minute) => [minute, 30, ""]),
    [SPARSE, 3, "sparse"],
    [QUIET, 0, "quiet,sparse"],
    [SILENT, 0, "silent,sparse"],
    [WILD, 29, ""],
    [CROSSED, 30, ""],
    [12, 30, ""],
  ]);
  const at = (minute: number): QualityRow | undefined =>
    trades.find((row) => row.venue === "binance" && minuteOf(row) === minute);
  expect(at(6)).toMatchObject({ expectedTrades: 30, divergencePpm: expect.any(Number), gapUs: 0, outOfOrder: 0 });
  expect(at(WILD)).toMatchObject({
    ...{ priceOutliers: 1, sizeOutliers: 1, outOfOrder: 1, duplicates: 1, refused: 1 },
    outlierIds: ["1223", "1225"],
    latencyMinUs: 20_000,
    latencyMaxUs: 5_020_000,
  });
  expect(at(CROSSED)?.divergencePpm).toBeGreaterThan(19_000);
  expect(trades.filter(({ venue }) => venue === "bybit").flatMap(({ flags }) => flags)).toEqual(["partial"]);

  const [ofBinance, ofBybit] = ["binance", "bybit"].map((venue) =>
    quotes.find((row) => row.venue === venue && minuteOf(row) === CROSSED),
  );
  const met = { lockedUs: 29_500_000, crossedUs: 10_000_000, crossedMaxPpb: 299_940 };
  expect(ofBinance).toMatchObject({ ...met, lockedWith: "bybit", crossedWith: "bybit", ownCrossedUs: 0, flags: [] });
  expect(ofBybit).toMatchObject({ ...met, lockedWith: "binance", crossedWith: "binance" });
  const unquoted = quotes.find((row) => row.venue === "binance" && minuteOf(row) === SILENT);
  expect(unquoted).toMatchObject({ quotedUs: 3_500_000, comparedUs: 3_500_000 });

  expect(await rowsOf(k2, "SELECT sum(trades)::INT AS trades, sum(refused)::INT AS refused FROM ops.quality")).toEqual([
    { trades: trades.reduce((sum, row) => sum + row.trades, 0), refused: 1 },
  ]);
  const text = qualityText({ trades, quotes }, 100);
  for (const problem of [
    "nothing from the venue",
    "1 records in quarantine",
    "3 trades where about 30 were expected",
    "5 prices far off the moves before",
    "its price is 2.00 % off the other venues'",
    "crossed with bybit for 10.0 s, by up to 3.00 bp",
  ])
    expect(text).toContain(problem);
  const health = (await (await fetch(`${k2.url}/v1/health`)).json()) as HealthReport;
  expect(health).toMatchObject({ books: { books: 0, lagFrames: 0 }, venueData: { lagFrames: 0 }, problems: [] });
  expect(health.quality.worst.map(({ venue, problem }) => [venue, problem])).toEqual([
    ["binance", "nothing from the venue"],
    ["bybit", expect.stringMatching(/^crossed with binance for 10.0 s/)],
  ]);
});
