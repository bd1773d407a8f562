import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Config } from "../../src/app/config.ts";
import { openOffline } from "../../src/app/offline.ts";
import { verify } from "../../src/app/verify.ts";
import type { QueryEngine, TradeRow } from "../../src/query/index.ts";
import { playCaptures, rowsOf, temporaryFolder } from "./harness.ts";

/** A trade as the venue writes it, and what must become of it: its natural values, or the reason why not. */
interface Case {
  readonly symbol: string;
  readonly price: string;
  readonly size: string;
  readonly becomes: { readonly price: string; readonly size: string } | { readonly refused: string };
}

const fits = (symbol: string, price: string, size: string, becomes = { price, size }): Case => ({
  symbol,
  price,
  size,
  becomes,
});
const refused = (symbol: string, price: string, size: string, reason: string): Case => ({
  symbol,
  price,
  size,
  becomes: { refused: reason },
});

/** The first trade of PICO fixes its unit at 10^6: prices to 14 decimals, sizes to 2 and below 10^16. */
const FIRST_DAY: readonly Case[] = [
  fits("PICOUSDT", "0.00000000000010", "10000000000000.00", { price: "0.0000000000001", size: "10000000000000" }),
  fits("BTCUSDT", "65000.12345678", "0.00000001"),
  fits("PICOUSDT", "0.00000000000013", "99999999999999.99"),
  refused("PICOUSDT", "0.000000000000105", "10000000000000.00", "inexact_price"),
  fits("PICOUSDT", "0.00000000000011", "9999999999999999.99"),
  refused("PICOUSDT", "0.00000000000011", "10000000000000000.00", "out_of_range_size"),
  refused("PICOUSDT", "0.00000000000011", "1.001", "inexact_size"),
  refused("PICOUSDT", "10000.00", "1", "out_of_range_price"),
  fits("PICOUSDT", "9999.99999999999999", "0.01"),
  refused("BTCUSDT", "65000.123456789", "1.00000000", "inexact_price"),
  refused("BTCUSDT", "65000.10", "0.123456789", "inexact_size"),
  refused("BTCUSDT", "1e30", "1.00000000", "out_of_range_price"),
  refused("BTCUSDT", "65000.10", "1e30", "out_of_range_size"),
  fits("BTCUSDT", "9999999999.99999999", "9999.99999999"),
  fits("BTCUSDT", "0.00000001", "9999999999.99999999"),
  refused("BTCUSDT", "9999999999.99999999", "9999999999.99999999", "out_of_range_notional"),
  refused("BTCUSDT", "10000000000.00000000", "1.00000000", "out_of_range_price"),
  refused("BTCUSDT", "0", "1.00000000", "non_positive_price"),
  refused("BTCUSDT", "0.00000000", "1.00000000", "non_positive_price"),
  refused("BTCUSDT", "65000.10", "0.00000000", "non_positive_size"),
  refused("BTCUSDT", "-65000.10", "1.00000000", "non_positive_price"),
  refused("BTCUSDT", "65000.10", "-1", "non_positive_size"),
  refused("BTCUSDT", "NaN", "1.00000000", "malformed"),
  refused("BTCUSDT", "65000.10", "Infinity", "malformed"),
  refused("BTCUSDT", "", "1.00000000", "malformed"),
  fits("BTCUSDT", "6.500010e4", "1E-8", { price: "65000.1", size: "0.00000001" }),
  fits("BTCUSDT", "65000.10", "100.00", { price: "65000.1", size: "100" }),
];

/** Of numbers that would have chosen another unit, had they come first. */
const SECOND_DAY: readonly Case[] = [
  fits("PICOUSDT", "0.5", "7", { price: "0.5", size: "7" }),
  refused("PICOUSDT", "0.00000000000000012", "10000000000000", "inexact_price"),
  fits("PICOUSDT", "0.00000000000099", "20000000000000.01"),
  fits("BTCUSDT", "65001.00000000", "2.00000000", { price: "65001", size: "2" }),
];

const DAY_MS = 86_400_000;
const FIRST_MS = 1_786_309_548_000;

/** Kraken's numbers are JSON numbers. In the middle of this frame's records is one that cannot fit. */
const KRAKEN_FRAME = JSON.stringify({ channel: "trade", type: "update", data: ["#1", "#2", "#3"] })
  .replace('"#1"', krakenTrade({ id: 1, price: "1.0E-13", size: "10000000000000.5" }))
  .replace('"#2"', krakenTrade({ id: 2, price: "0.00000000000000000001", size: "1" }))
  .replace('"#3"', krakenTrade({ id: 3, price: "0.0000000000002", size: "2e13" }));
const KRAKEN_TRADES: readonly ApiTrade[] = [
  { symbol: "PICO-USD-SPOT", id: "1", price: "0.0000000000001", size: "10000000000000.5" },
  { symbol: "PICO-USD-SPOT", id: "3", price: "0.0000000000002", size: "20000000000000" },
];

test("numbers of any size come back exactly, or go to quarantine with their bytes; their neighbours and the unit stay", async () => {
  using folder = temporaryFolder();
  const first = binanceFrames(FIRST_DAY, { firstId: 1, startMs: FIRST_MS });
  const firstTrades = [...expectedTrades(FIRST_DAY, 1), ...KRAKEN_TRADES];
  const firstRefusals = [
    ...expectedRefusals(FIRST_DAY, first),
    { feed: "kraken", reason: "inexact_price", raw_symbol: "PICO/USD", frame_index: 1, payload: KRAKEN_FRAME },
  ];
  const config = await playDay(folder.path, { binance: first, kraken: [KRAKEN_FRAME] }, async (url, query) => {
    expect(await tradesOf(url)).toEqual(firstTrades.sort(byListing));
    expect(await refusalsOf(query)).toEqual(firstRefusals);
  });

  const second = binanceFrames(SECOND_DAY, { firstId: 101, startMs: FIRST_MS + DAY_MS });
  const allTrades = [...firstTrades, ...expectedTrades(SECOND_DAY, 101)].sort(byListing);
  const allRefusals = [...firstRefusals, ...expectedRefusals(SECOND_DAY, second)].sort(byFeed);
  await playDay(folder.path, { binance: second, kraken: [] }, async (url, query) => {
    expect(await tradesOf(url)).toEqual(allTrades);
    expect(await refusalsOf(query)).toEqual(allRefusals);
  });

  await using offline = await openOffline(config);
  const inLake = { timeUs: Date.now() * 1000 };
  const { rows } = await offline.query.trades({ order: "ascending", limit: 1000, asOf: inLake });
  expect(rows.map(apiTrade).sort(byListing)).toEqual(allTrades);
  expect(await refusalsOf(offline.query)).toEqual(allRefusals);
  expect(await offline.query.listings()).toEqual(
    expect.arrayContaining([
      { venue: "binance", symbol: "PICO-USDT-SPOT", rawSymbol: "PICOUSDT", unit: "1000000" },
      { venue: "binance", symbol: "BTC-USDT-SPOT", rawSymbol: "BTCUSDT", unit: "1" },
      { venue: "kraken", symbol: "PICO-USD-SPOT", rawSymbol: "PICO/USD", unit: "1000000" },
    ]),
  );
  const verified = await verify(config);
  expect(verified.checks.filter(({ differences }) => differences.length > 0)).toEqual([]);
});

interface ApiTrade {
  readonly symbol: string;
  readonly id: string;
  readonly price: string;
  readonly size: string;
}

const apiTrade = ({ symbol, tradeId, price, size }: TradeRow): ApiTrade => ({ symbol, id: tradeId, price, size });

async function tradesOf(url: string): Promise<readonly ApiTrade[]> {
  const response = await fetch(`${url}/v1/trades?order=asc&limit=1000`);
  const { rows } = (await response.json()) as { readonly rows: readonly TradeRow[] };
  return rows.map(apiTrade).sort(byListing);
}

interface QuarantineRow {
  readonly feed: string;
  readonly reason: string;
  readonly raw_symbol: string;
  readonly frame_index: number;
  /** The frame as text. */
  readonly payload: string;
}

async function refusalsOf(query: QueryEngine): Promise<readonly QuarantineRow[]> {
  const rows = await rowsOf(
    { query },
    `SELECT feed, reason, raw_symbol, frame_index, decode(payload) AS payload FROM silver.quarantine
     WHERE stage IN ('decode', 'validate') ORDER BY feed, _raw_offset, frame_index`,
  );
  return rows as readonly object[] as readonly QuarantineRow[];
}

/** Plays the frames to a K2 in the folder, asks, and stops it, so that all is in the lake. */
async function playDay(
  folder: string,
  frames: Readonly<Record<"binance" | "kraken", readonly string[]>>,
  ask: (url: string, query: QueryEngine) => Promise<void>,
): Promise<Config> {
  const symbols = { binance: ["PICO-USDT-SPOT", "BTC-USDT-SPOT"], kraken: ["PICO-USD-SPOT"] };
  const captures = (["binance", "kraken"] as const).map((feed) => {
    const path = join(folder, `${feed}.jsonl`);
    const lines = frames[feed].map((data, index) => ({
      t: "recv",
      conn: feed,
      ts: FIRST_MS / 1000 + index / 1000,
      data,
    }));
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return { feed, paths: [path], symbols: symbols[feed] };
  });
  await using scene = await playCaptures({ captures, folder });
  await ask(scene.k2.url, scene.k2.query);
  return scene.config;
}

function binanceFrames(
  cases: readonly Case[],
  { firstId, startMs }: { readonly firstId: number; readonly startMs: number },
): readonly string[] {
  return cases.map(({ symbol, price, size }, index) => {
    const time = startMs + index;
    return (
      `{"stream":"${symbol.toLowerCase()}@trade","data":{"e":"trade","E":${time},"s":"${symbol}","t":${firstId + index},` +
      `"p":"${price}","q":"${size}","T":${time},"m":${index % 2 === 0},"M":true}}`
    );
  });
}

function krakenTrade({
  id,
  price,
  size,
}: {
  readonly id: number;
  readonly price: string;
  readonly size: string;
}): string {
  const time = new Date(FIRST_MS).toISOString();
  return `{"symbol":"PICO/USD","side":"buy","price":${price},"qty":${size},"ord_type":"limit","trade_id":${id},"timestamp":"${time}"}`;
}

function expectedTrades(cases: readonly Case[], firstId: number): readonly ApiTrade[] {
  return cases.flatMap(({ symbol, becomes }, index) =>
    "refused" in becomes
      ? []
      : [{ symbol: symbol.replace("USDT", "-USDT-SPOT"), id: String(firstId + index), ...becomes }],
  );
}

function expectedRefusals(cases: readonly Case[], frames: readonly string[]): readonly QuarantineRow[] {
  return cases.flatMap(({ symbol, becomes }, index) =>
    "refused" in becomes
      ? [{ feed: "binance", reason: becomes.refused, raw_symbol: symbol, frame_index: 0, payload: frames[index] ?? "" }]
      : [],
  );
}

function byListing(a: ApiTrade, b: ApiTrade): number {
  return a.symbol === b.symbol ? Number(a.id) - Number(b.id) : a.symbol < b.symbol ? -1 : 1;
}

function byFeed(a: QuarantineRow, b: QuarantineRow): number {
  return a.feed === b.feed ? 0 : a.feed < b.feed ? -1 : 1;
}
