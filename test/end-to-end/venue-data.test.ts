import { expect, test } from "vitest";
import { openOffline } from "../../src/app/index.ts";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { sharedData } from "../shared-data.ts";
import { playCaptures, rowsOf, temporaryFolder, testConfig } from "./harness.ts";

const binance = sharedData("ws/binance/cryptofeed-spot-btc-eth-dot-20210404.jsonl.gz");
const bybit = sharedData("ws/bybit/v5-linear-20260809.jsonl.gz");
if (binance === undefined || bybit === undefined) console.warn("no recordings of candles and tickers: skipped");

const BINANCE = {
  feed: "binance",
  paths: [binance ?? ""],
  symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "DOT-USDT-SPOT"],
  channels: ["aggTrade", "kline_1m"],
};
/** Each trade of the minute that is captured from its start, with what the minute's candle is after it. */
const RUNNING_BARS = `
  SELECT symbol, sum(executions) OVER running AS trades, first_value(price) OVER running AS open, max(price) OVER running AS high,
    min(price) OVER running AS low, price AS close, sum(size) OVER running AS volume,
    sum(notional(price, size)) OVER running AS quote_volume,
    sum(CASE WHEN side = 'buy' THEN size ELSE 0 END) OVER running AS buy_volume
  FROM silver.trades WHERE ts_event >= TIMESTAMPTZ '2021-04-04 20:04:00Z'
  WINDOW running AS (PARTITION BY symbol ORDER BY sequence ROWS UNBOUNDED PRECEDING)`;

test.skipIf(binance === undefined)(
  "a recording of Binance: each candle update of a whole minute is what K2 makes of the same trades, and lands exactly once",
  async () => {
    using folder = temporaryFolder();
    const counts =
      "SELECT count(*)::INT AS rows, count(DISTINCT _raw_offset)::INT AS messages, count(*) FILTER (WHERE state = 'closed')::INT AS closed FROM silver.candles";
    // As its README counts them: 118 messages of kline_1m. Three minutes were closed, one a symbol.
    const expected = [{ rows: 118, messages: 118, closed: 3 }];
    let config: Parameters<typeof openOffline>[0];
    {
      await using scene = await playCaptures({ captures: [BINANCE], folder: folder.path });
      const { k2 } = scene;
      config = scene.config;
      expect(await rowsOf(k2, counts)).toEqual(expected);
      // Its README, verified independently: 51 of 51 equal on open, high, low, close, volume, trades and taker-buy volume.
      // Two more were made in the midst of an aggregated trade, of which no part is known.
      expect(
        await rowsOf(
          k2,
          `SELECT count(*)::INT AS updates, count(b.trades)::INT AS equal FROM silver.candles c
           LEFT JOIN (${RUNNING_BARS}) b USING (symbol, trades, open, high, low, close, volume, quote_volume, buy_volume)
           WHERE start = TIMESTAMPTZ '2021-04-04 20:04:00Z'`,
        ),
      ).toEqual([{ updates: 53, equal: 51 }]);
      expect(await rowsOf(k2, "SELECT reason FROM silver.quarantine")).toEqual([]);
    }
    // All of it is in the lake now, and no row twice.
    await using offline = await openOffline(config);
    expect(await rowsOf({ query: offline.query }, counts)).toEqual(expected);
    const page = await offline.query.venueData({ kind: "candle", interval: "1m", order: "ascending", limit: 10 });
    expect(
      page.rows.map(({ symbol, start, revision, state, volume }) => [symbol, start, revision, state, volume]),
    ).toEqual([
      ["BTC-USDT-SPOT", "2021-04-04T20:03:00.000000Z", 23, "closed", "23.067122"],
      ["DOT-USDT-SPOT", "2021-04-04T20:03:00.000000Z", expect.any(Number), "closed", expect.any(String)],
      ["ETH-USDT-SPOT", "2021-04-04T20:03:00.000000Z", expect.any(Number), "closed", expect.any(String)],
      ["BTC-USDT-SPOT", "2021-04-04T20:04:00.000000Z", 19, "open", "9.421698"],
      ["DOT-USDT-SPOT", "2021-04-04T20:04:00.000000Z", expect.any(Number), "open", expect.any(String)],
      ["ETH-USDT-SPOT", "2021-04-04T20:04:00.000000Z", 17, "open", expect.any(String)],
    ]);
  },
);

test.skipIf(bybit === undefined)(
  "a recording of Bybit: tickers and funding out of one channel of changes, each where it differs from the last",
  async () => {
    const coins = ["BTC", "DOGE", "ETH", "SOL"];
    await using scene = await playCaptures({
      captures: [
        {
          feed: "bybit-linear",
          paths: [bybit ?? ""],
          symbols: coins.map((coin) => `${coin}-USDT-PERP`),
          channels: ["publicTrade", "kline.1", "tickers"],
        },
      ],
    });
    const { k2 } = scene;
    const perSymbol = async (table: string): Promise<readonly unknown[]> =>
      (await rowsOf(k2, `SELECT symbol, count(*)::INT AS n FROM ${table} GROUP BY ALL ORDER BY ALL`)).map(({ n }) => n);
    // Of 758 messages; counted by laying the changes over each other in another program.
    expect(await perSymbol("silver.tickers")).toEqual([135, 151, 200, 154]);
    expect(await perSymbol("silver.funding")).toEqual([64, 11, 21, 60]);
    expect(await rowsOf(k2, "SELECT count(*)::INT AS n FROM silver.tickers WHERE flags <> '' OR bid IS NULL")).toEqual([
      { n: 0 },
    ]);
    // The candles of the minute that is captured from its start: each volume above zero is a sum of K2's trades.
    expect(
      await rowsOf(
        k2,
        `WITH sums AS (SELECT symbol, sum(size) OVER (PARTITION BY symbol ORDER BY ts_event, frame_index, _offset) AS volume
           FROM silver.trades WHERE ts_event >= TIMESTAMPTZ '2026-08-09 21:27:00Z')
         SELECT count(*)::INT AS updates, count(*) FILTER (WHERE volume IN (SELECT s.volume FROM sums s WHERE s.symbol = c.symbol))::INT AS equal
         FROM silver.candles c WHERE start = TIMESTAMPTZ '2026-08-09 21:27:00Z' AND volume > 0`,
      ),
    ).toEqual([{ updates: 53, equal: 53 }]);
    const answer = await fetch(`${k2.url}/v1/funding?symbol=BTC-USDT-PERP&limit=1`);
    const { rows } = (await answer.json()) as { readonly rows: readonly unknown[] };
    expect(rows).toEqual([
      expect.objectContaining({
        fundingRate: "0.0001",
        nextFundingTime: "2026-08-10T00:00:00.000000Z",
        markPrice: "65117.19",
        indexPrice: "65138.68",
        openInterest: "59895.988",
        openInterestValue: "3900258430.83",
        eventTime: "2026-08-09T21:27:41.383000Z",
      }),
    ]);
  },
);

test("on the simulated market each kind flows, and a restart neither repeats a statement nor counts revisions anew", async () => {
  using folder = temporaryFolder();
  const config = testConfig(folder.path, {
    feeds: [
      {
        feed: "binance-usdm",
        symbols: ["BTC-USDT-PERP"],
        channels: ["aggTrade", "ticker", "kline_1m", "markPrice@1s", "forceOrder"],
      },
      { feed: "kraken", symbols: ["BTC-USD-SPOT"], channels: ["trade", "ohlc-1", "instrument"] },
    ],
    simulation: { tradesPerSecond: 200 },
    lake: { commitAgeMs: 300, firstCommitAgeMs: 100 },
  });
  const counts = `SELECT ${["tickers", "candles", "funding", "liquidations", "status"]
    .map((name) => `(SELECT count(*)::INT FROM silver.${name}) AS ${name}`)
    .join(", ")}`;
  let before: Readonly<Record<string, unknown>> = {};
  for (let start = 0; start < 2; start += 1) {
    await using k2 = await startK2(config, { logger: silentLogger });
    const more = (row: Readonly<Record<string, unknown>> = {}): boolean =>
      ["tickers", "candles", "funding", "liquidations"].every((name) => Number(row[name]) > Number(before[name] ?? 0));
    while (!more((await rowsOf(k2, counts))[0])) await new Promise((resolve) => setTimeout(resolve, 50));
    await k2.settled();
    const [after = {}] = await rowsOf(k2, counts);
    // The instrument is told of at each start, in the same words.
    expect(after["status"]).toBe(1);
    before = after;
    const revisions = await rowsOf(
      k2,
      "SELECT start FROM silver.candles GROUP BY venue, raw_symbol, start HAVING count(DISTINCT revision) <> count(*) OR max(revision) <> count(*) - 1",
    );
    expect(revisions).toEqual([]);
    expect(await rowsOf(k2, "SELECT reason FROM silver.quarantine")).toEqual([]);
  }
}, 120_000);
