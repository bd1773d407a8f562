import { expect, test } from "vitest";
import { BARS, TABLES, TRADES } from "../domain/index.ts";
import { SqlError } from "../store/index.ts";
import { barsChunk, listingsChunk, seededTrades, testBar, tradesChunk } from "../store/test-records.ts";
import { describeTables } from "./index.ts";
import { TestPlatform } from "./test-platform.ts";

test("the tables have the columns of their definitions, with rows and without", async () => {
  await using platform = await TestPlatform.open();
  const described = describeTables();
  const columnsOf = async (name: string): Promise<readonly unknown[]> => {
    const { columns } = await platform.query.sql(`SELECT * FROM ${name} LIMIT 0`);
    return columns;
  };
  const wanted = (name: string): readonly unknown[] =>
    (described.find((table) => table.name === name)?.columns ?? []).map((column) => ({
      name: column.name,
      type: column.type,
    }));
  for (const { namespace, name } of TABLES)
    expect(await columnsOf(`${namespace}.${name}`)).toEqual(wanted(`${namespace}.${name}`));
  await platform.store.apply(tradesChunk(seededTrades(1, 10)));
  await platform.store.apply(barsChunk([testBar()]));
  await platform.land(TRADES);
  await platform.store.apply(tradesChunk(seededTrades(1, 10, 10), { firstOffset: 10 }));
  for (const name of ["silver.trades", "gold.bars"]) expect(await columnsOf(name)).toEqual(wanted(name));
  for (const name of ["trades", "bars", "listings"]) {
    const names = (await platform.query.sql(`SELECT * FROM ${name}`)).columns.map((column) => column.name);
    expect(names).toEqual(described.find((table) => table.name === name)?.columns.map((column) => column.name));
  }
});

test("trades and bars are natural and exact, whatever the listing's unit", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(
    tradesChunk([
      { price: 4_212_345_000_000n, size: 150_000_000n },
      { listing: 2, price: 123_456n, size: 999_999_999_999_999_999n },
    ]),
  );
  const { rows } = await platform.query.sql("SELECT price, size, notional FROM trades ORDER BY price DESC");
  expect(rows).toEqual([
    ["42123.45000000000000", "1.50000000", "63185.1750000000000000"],
    ["0.00000000123456", "9999999999999999.99000000", "12345599.9999999999876544"],
  ]);
  await platform.store.apply(
    barsChunk([testBar({ listing: 2, close: 123_456n }), testBar({ listing: 2, revision: 1 })]),
  );
  const { rows: bars } = await platform.query.sql("SELECT close, volume, vwap, revision FROM bars");
  expect(bars).toEqual([["0.00011000000000", "3000000.00000000", 320 / 3e6, 1]]);
});

test("notional() is exact where DuckDB's own product overflows; vwap() weighs by size", async () => {
  await using platform = await TestPlatform.open();
  const max = 10n ** 18n - 1n;
  await platform.store.apply(
    tradesChunk([
      { price: max, size: 10n ** 8n },
      { price: 10n ** 10n, size: 3n * 10n ** 8n },
    ]),
  );
  await expect(platform.query.sql("SELECT max(price * size) FROM silver.trades")).rejects.toThrow(/[Oo]verflow/);
  const { rows } = await platform.query.sql("SELECT max(notional(price, size)), vwap(price, size) FROM silver.trades");
  expect(rows).toEqual([["9999999999.9999999900000000", 10_000_000_300 / 4]]);
});

test("values are JSON-safe: decimals, 64-bit integers, times and bytes as text", async () => {
  await using platform = await TestPlatform.open();
  const { columns, rows } = await platform.query.sql(
    "SELECT 1.50::DECIMAL(18,8), 9007199254740993, TIMESTAMPTZ '2024-02-29 12:00:00.000001+02', NULL, '\\x00\\xFF'::BLOB, [1::BIGINT], {'a': 0.1::DECIMAL(3,2)}, 1e300, 'nan'::DOUBLE, 7::UTINYINT",
  );
  expect(rows).toEqual([
    [
      "1.50000000",
      "9007199254740993",
      "2024-02-29T10:00:00.000001Z",
      null,
      "00ff",
      ["1"],
      { a: "0.10" },
      1e300,
      "NaN",
      7,
    ],
  ]);
  expect(columns[0]?.type).toBe("DECIMAL(18,8)");
  expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
});

test("an answer cut by rowsMax says so", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(tradesChunk(seededTrades(1, 50)));
  const cut = await platform.query.sql("SELECT * FROM trades", { rowsMax: 20 });
  expect([cut.rows.length, cut.truncated]).toEqual([20, true]);
  expect((await platform.query.sql("SELECT * FROM trades", { rowsMax: 50 })).truncated).toBe(false);
});

test("asOf shows every table as it was when the named snapshot was committed", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(barsChunk([testBar()]));
  await platform.land(BARS);
  await platform.store.apply(tradesChunk(seededTrades(1, 10)));
  const snapshotId = (await platform.land(TRADES)) ?? 0n;
  await new Promise((resolve) => setTimeout(resolve, 5)); // Commits are told apart by the millisecond.
  await platform.store.apply(tradesChunk(seededTrades(1, 10, 10), { firstOffset: 10 }));
  await platform.store.apply(barsChunk([testBar({ revision: 1 })], 1));
  await platform.land(TRADES);
  await platform.land(BARS);
  const counts =
    "SELECT (SELECT count(*) FROM silver.trades), (SELECT count(*) FROM gold.bars), (SELECT count(*) FROM silver.gaps)";
  expect((await platform.query.sql(counts, { asOf: { snapshotId } })).rows).toEqual([["10", "1", "0"]]);
  expect((await platform.query.sql(counts)).rows).toEqual([["20", "2", "0"]]);
  expect((await platform.query.sql(counts, { asOf: { timeUs: 0 } })).rows).toEqual([["0", "0", "0"]]);
  await expect(platform.query.sql(counts, { asOf: { snapshotId: 42n } })).rejects.toThrow(/42/);
});

test("a statement that DuckDB refuses says why, and what there is", async () => {
  await using platform = await TestPlatform.open();
  await expect(platform.query.sql("SELECT * FROM tardes")).rejects.toThrow(/silver\.trades/);
  await expect(platform.query.sql("SELEC 1")).rejects.toThrow(SqlError);
  await expect(platform.query.sql("  ")).rejects.toThrow(/empty/);
  const { rows } = await platform.query.sql("SHOW ALL TABLES");
  expect(rows.length).toBeGreaterThanOrEqual(TABLES.length);
});

test("what a statement makes is gone with it", async () => {
  await using platform = await TestPlatform.open();
  await platform.query.sql("CREATE TABLE mine AS SELECT 1");
  await expect(platform.query.sql("SELECT * FROM mine")).rejects.toThrow(SqlError);
});

test("listings tell the unit of each", async () => {
  await using platform = await TestPlatform.open();
  const rows = await platform.query.listings();
  expect(rows.map(({ symbol, unit }) => [symbol, unit])).toEqual([
    ["BTC-USDT-SPOT", "1"],
    ["BTC-USD-SPOT", "1"],
    ["TINY-USDT-SPOT", "1000000"],
  ]);
  await platform.store.apply(listingsChunk());
  expect((await platform.query.sql("SELECT unit FROM listings ORDER BY unit DESC LIMIT 1")).rows).toEqual([
    ["1000000"],
  ]);
});
