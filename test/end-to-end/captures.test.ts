import { describe, expect, test } from "vitest";
import { sharedData } from "../shared-data.ts";
import { playCaptures, rowsOf } from "./harness.ts";

/** What each recording holds, as its README counts it. */
interface Recording {
  readonly name: string;
  readonly feed: string;
  readonly files: readonly string[];
  readonly symbols: readonly string[];
  readonly channels?: readonly string[];
  readonly trades: number;
  /** Sum of sizes, where the README prints it. */
  readonly volume?: string;
  /** Ids without a hole: last - first + 1 = count. */
  readonly contiguous?: boolean;
  readonly flagged?: Readonly<Record<string, number>>;
}

const BINANCE = "ws/binance/hftbacktest";
const RECORDINGS: readonly Recording[] = [
  {
    name: "Binance USD-M, 2024-08-08",
    feed: "binance-usdm",
    files: [`${BINANCE}/usdm_btcusdt_20240808.gz`],
    symbols: ["BTC-USDT-PERP"],
    trades: 21_313,
    volume: "2429.366",
    contiguous: true,
  },
  {
    name: "Binance spot, 2024-08-08 and 09, across midnight",
    feed: "binance",
    files: [`${BINANCE}/spot_btcusdt_20240808.gz`, `${BINANCE}/spot_btcusdt_20240809.gz`],
    symbols: ["BTC-USDT-SPOT"],
    trades: 19_904,
    volume: "437.91552",
    contiguous: true,
  },
  {
    name: "Binance USD-M, 2023-04-04 and 05, with an insurance fund print",
    feed: "binance-usdm",
    files: [`${BINANCE}/usdm_btcusdt_20230404.dat.gz`, `${BINANCE}/usdm_btcusdt_20230405.dat.gz`],
    symbols: ["BTC-USDT-PERP"],
    trades: 12_935,
    volume: "1189.086",
    contiguous: true,
    flagged: { nonMarket: 1 },
  },
  {
    name: "Binance COIN-M, 2024-08-08",
    feed: "binance-coinm",
    files: [`${BINANCE}/cm_btcusd_perp_20240808.gz`],
    symbols: ["BTC-USD:BTC-PERP"],
    trades: 2286,
    contiguous: true,
    flagged: { contracts: 2286 },
  },
  {
    name: "Binance spot aggregated trades, 2021-04-04",
    feed: "binance",
    files: ["ws/binance/cryptofeed-spot-btc-eth-dot-20210404.jsonl.gz"],
    symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "DOT-USDT-SPOT"],
    channels: ["aggTrade"],
    trades: 1910,
    flagged: { aggregated: 1910 },
  },
  {
    name: "Binance spot aggregated trades, 2021-10-12",
    feed: "binance",
    files: ["ws/binance/cryptofeed-spot-20211011.jsonl.gz"],
    symbols: ["NKN-USDT-SPOT", "BLZ-ETH-SPOT", "LRC-BTC-SPOT", "RUNE-EUR-SPOT"],
    channels: ["aggTrade"],
    trades: 2,
  },
  {
    name: "Binance USD-M aggregated trades, 2021-07-22",
    feed: "binance-usdm",
    files: ["ws/binance/cryptofeed-usdm-20210722.jsonl.gz"],
    symbols: ["SUSHI-USDT-PERP", "AKRO-USDT-PERP", "KEEP-USDT-PERP", "CTK-USDT-PERP"],
    channels: ["aggTrade"],
    trades: 91,
  },
  {
    name: "Coinbase Advanced Trade, 2026-08-09: 57 new trades behind two snapshots of 100",
    feed: "coinbase",
    files: ["ws/coinbase/advanced-trade-20260809-part1.jsonl.gz"],
    symbols: ["BTC-USD-SPOT", "ETH-USD-SPOT"],
    trades: 257,
    flagged: { snapshot: 200 },
  },
  {
    name: "Coinbase Exchange, 2021-04-17: 97 matches behind ten last ones",
    feed: "coinbase-exchange",
    files: ["ws/coinbase/exchange-feed-20210417.jsonl.gz"],
    symbols: [
      "SKL-USD-SPOT",
      "SKL-BTC-SPOT",
      "BAND-GBP-SPOT",
      "NMR-EUR-SPOT",
      "BAND-BTC-SPOT",
      "YFI-BTC-SPOT",
      "DASH-BTC-SPOT",
      "NU-GBP-SPOT",
      "CRV-EUR-SPOT",
      "SKL-GBP-SPOT",
    ],
    trades: 107,
    flagged: { snapshot: 10 },
  },
  {
    name: "Kraken v1, 2021-04-17",
    feed: "kraken-v1",
    files: ["ws/kraken/v1/cryptofeed-kraken-20210417.jsonl.gz"],
    symbols: [
      "KSM-BTC-SPOT",
      "XMR-USD-SPOT",
      "ETH-CHF-SPOT",
      "OMG-USD-SPOT",
      "GRT-ETH-SPOT",
      "WAVES-EUR-SPOT",
      "ADA-BTC-SPOT",
      "BTC-CHF-SPOT",
      "SC-EUR-SPOT",
      "OCEAN-BTC-SPOT",
    ],
    trades: 10,
    flagged: { syntheticId: 10 },
  },
  {
    name: "Bybit linear, 2026-08-09",
    feed: "bybit-linear",
    files: ["ws/bybit/v5-linear-20260809.jsonl.gz"],
    symbols: ["BTC-USDT-PERP", "ETH-USDT-PERP", "SOL-USDT-PERP", "DOGE-USDT-PERP"],
    trades: 327,
  },
  {
    name: "Bybit inverse over the retired v2, 2021-04-17: 76 frames of trades",
    feed: "bybit-v2",
    files: ["ws/bybit/v2-inverse-20210417.jsonl.gz"],
    symbols: ["BTC-USD:BTC-PERP", "EOS-USD:EOS-PERP"],
    trades: 150,
    flagged: { contracts: 150 },
  },
  {
    name: "OKX spot, swap and future, 2022-05-13",
    feed: "okx",
    files: ["ws/other/okx-20220513.jsonl.gz"],
    symbols: ["BTC-USDT-SPOT", "UNI-USD:UNI-PERP", "BTC-USD:BTC-FUT-20220527"],
    trades: 74,
    flagged: { contracts: 5 },
  },
];

describe.each(RECORDINGS)("$name", ({ feed, files, symbols, channels, trades, volume, contiguous, flagged }) => {
  const paths = files.map(sharedData).filter((path) => path !== undefined);

  test.skipIf(paths.length < files.length)(
    "every trade of the recording is in silver.trades, once, with the recorder's clock",
    async () => {
      await using scene = await playCaptures({
        captures: [{ feed, paths, symbols, ...(channels === undefined ? {} : { channels }) }],
      });
      const [totals] = await rowsOf(
        scene.k2,
        `SELECT count(*) AS trades, count(DISTINCT (raw_symbol, trade_id)) AS ids, sum(size * unit)::VARCHAR AS volume,
        max(try_cast(trade_id AS BIGINT)) - min(try_cast(trade_id AS BIGINT)) + 1 AS span, count(*) FILTER (side = 'unknown') AS sideless,
        bool_and(source = 'replay') AS replayed FROM silver.trades`,
      );
      expect(totals).toMatchObject({ trades: String(trades), ids: String(trades), sideless: "0", replayed: true });
      if (contiguous) expect(totals?.["span"]).toBe(String(trades));
      if (volume !== undefined) expect(Number(totals?.["volume"])).toBe(Number(volume));
      for (const [flag, count] of Object.entries(flagged ?? {})) {
        const [row] = await rowsOf(
          scene.k2,
          `SELECT count(*) AS rows FROM silver.trades WHERE contains(flags, '${flag}')`,
        );
        expect(row).toEqual({ rows: String(count) });
      }
      expect(await rowsOf(scene.k2, "SELECT reason, detail FROM silver.quarantine")).toEqual([]);
    },
  );
});

const clockPath = sharedData(`${BINANCE}/usdm_btcusdt_20240808.gz`);

test.skipIf(clockPath === undefined)(
  "a receive clock that runs behind the venue's is kept as it is: negative latency is data",
  async () => {
    await using scene = await playCaptures({
      captures: [{ feed: "binance-usdm", paths: [clockPath ?? ""], symbols: ["BTC-USDT-PERP"] }],
    });
    const [first] = await rowsOf(
      scene.k2,
      "SELECT trade_id, price, size, side, epoch_us(ts_event) AS event_us, epoch_us(ts_recv) AS receive_us, ts_recv_nanos FROM silver.trades ORDER BY _raw_offset LIMIT 1",
    );
    // 1723161255088176367 {"stream":"btcusdt@trade", … "T":1723161256322, "t":5266583935, "p":"61800.30", "q":"0.006", "m":false}
    expect(first).toEqual({
      trade_id: "5266583935",
      price: "61800.30000000",
      size: "0.00600000",
      side: "buy",
      event_us: "1723161256322000",
      receive_us: "1723161255088176",
      ts_recv_nanos: 367,
    });
    const [lag] = await rowsOf(
      scene.k2,
      "SELECT max(epoch_us(ts_recv) - epoch_us(ts_event)) AS most_us FROM silver.trades",
    );
    expect(Number(lag?.["most_us"])).toBeLessThan(0);
  },
);
