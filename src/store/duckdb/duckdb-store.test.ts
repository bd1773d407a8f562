import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createMetrics } from "../../base/index.ts";
import { TOPICS, TRADES } from "../../domain/index.ts";
import { openStore } from "../index.ts";
import { describeStore } from "../store.contract.ts";
import { listingsChunk, seededTrades, tradesChunk } from "../test-records.ts";

const folder = await mkdtemp(join(tmpdir(), "k2-store-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

describeStore("duckdb", (options = {}) => openStore({ folder, ...options }));

test("duckdb: a full segment is sorted by listing and time, and holds the same rows", async () => {
  await using store = await openStore({ folder, segmentRowsMax: 12_000 });
  await store.apply(listingsChunk());
  await store.apply(tradesChunk(seededTrades(1, 12_000)));
  await store.apply(tradesChunk(seededTrades(1, 10, 12_000), { firstOffset: 12_000 }));
  await expect
    .poll(
      async () =>
        (await store.query("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%sealed'")).rows.length,
    )
    .toBe(1);
  await expect
    .poll(() => {
      using pin = store.pin();
      return pin.relation(TRADES);
    })
    .toMatch(/_sealed/);
  using pin = store.pin();
  const { rows } = await store.query(
    `SELECT count(*), sum(_offset), count(DISTINCT _offset) FROM (${pin.relation(TRADES)})`,
  );
  expect(rows).toEqual([["12010", String((12_010 * 12_009) / 2), "12010"]]);
  const { rows: sorted } = await store.query(
    "SELECT bool_and(listing >= before) FROM (SELECT listing, lag(listing, 1, 0) OVER (ORDER BY rowid) AS before FROM hot.trades_000001_sealed)",
  );
  expect(sorted).toEqual([[true]]);
});

test("duckdb: dropped segments are gone from DuckDB once no pin holds them", async () => {
  await using store = await openStore({ folder, segmentRowsMax: 100 });
  await store.apply(listingsChunk());
  await store.apply(tradesChunk(seededTrades(1, 100)));
  const tables = async (): Promise<number> =>
    (await store.query("SELECT * FROM duckdb_tables() WHERE table_name LIKE 'trades%'")).rows.length;
  const pin = store.pin();
  const committed = new Map([[TOPICS.trades, [{ partition: 0, offset: 100 }]]]);
  await store.evict({ committed, rowsMax: 0, ageMsMax: 1e9 });
  expect(await tables()).toBe(1);
  pin[Symbol.dispose]();
  await expect.poll(tables).toBe(0);
});

test("duckdb: metrics tell rows held and chunks that wait", async () => {
  const metrics = createMetrics();
  await using store = await openStore({ folder, metrics, segmentRowsMax: 10, heldRowsMax: 10 });
  await store.apply(listingsChunk());
  await store.apply(tradesChunk(seededTrades(1, 10)));
  const abort = new AbortController();
  const waiting = store.apply(tradesChunk(seededTrades(1, 1, 10), { firstOffset: 10 }), { signal: abort.signal });
  await store.query("SELECT 1");
  const text = await metrics.expose();
  expect(text).toContain('k2_store_rows{topic="market.trades"} 10');
  expect(text).toContain("k2_store_waiting 1");
  abort.abort(new Error("over"));
  await expect(waiting).rejects.toThrow("over");
});

test("duckdb: what a killed process spilled is removed at the next start", async () => {
  const left = join(folder, "spill", "duckdb_temp_storage-0.tmp");
  await mkdir(join(folder, "spill"), { recursive: true });
  await writeFile(left, "left behind");
  await using store = await openStore({ folder });
  await store.query("SELECT 1");
  expect(existsSync(left)).toBe(false);
});

test("duckdb: closing a session or the store ends the statements that run in it, and waits for their end", async () => {
  const store = await openStore({ folder });
  const endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range * b.range = -1";
  const ended = (query: Promise<unknown>) => expect(query).rejects.toThrow(/interrupt|closed/i);
  const session = await store.session();
  const inSession = [session.query(endless), session.query("SELECT 'waits for its turn'")].map(ended);
  await session[Symbol.asyncDispose]();
  await Promise.all(inSession);
  const running = [store.query(endless), store.query(endless, { lane: "long" }), store.query(endless)].map(ended);
  await store[Symbol.asyncDispose]();
  await Promise.all(running);
});
