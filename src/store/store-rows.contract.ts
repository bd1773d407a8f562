import { expect, test } from "vitest";
import { BARS, encodeGaps, encodeRefusals, GAPS, QUARANTINE, TOPICS, TRADES } from "../domain/index.ts";
import { SqlError } from "./errors.ts";
import { barsChunk, seededTrades, testBar, tradesChunk } from "./test-records.ts";
import {
  chunkOf,
  duckdb,
  expectColumns,
  filtered,
  type OpenStore,
  offsets,
  opened,
  relationOf,
  select,
} from "./test-relations.ts";

/** What of a row comes back: every column, exactly, and the part that was asked for. */
export function describeStoreRows(name: string, open: OpenStore): void {
  const it = (title: string, run: () => Promise<void>): void => test(`${name}: ${title}`, run);

  it("a trade's row has exactly the columns of the table's definition", async () => {
    await using store = await opened(open);
    await store.apply(tradesChunk([{}]));
    using pin = store.pin();
    const { columns } = await store.query(`${relationOf(pin, TRADES)} LIMIT 1`);
    expect(columns.map(({ name: column }) => column)).toEqual(TRADES.columns.map(({ name: column }) => column));
    expect(columns.map(({ type }) => type)).toEqual(TRADES.columns.map(({ type }) => duckdb(type)));
  });

  it("values at the edges of their columns come back exactly", async () => {
    await using store = await opened(open);
    const limit = 10n ** 18n - 1n;
    await store.apply(
      tradesChunk([
        { price: limit, size: limit, eventUs: 4_102_444_800_000_000, eventNanos: 999, receiveNanos: 1, flags: 127 },
        { price: -limit, size: 1n, id: 9_223_372_036_854_775_807n, sequence: -9_223_372_036_854_775_808n, side: 0 },
        { id: "a-long-text-id-that-is-no-number-0123456789", sequence: 7n, side: 2, frameIndex: 65_535, source: 4 },
        { listing: 2, executions: 2_000_000_000, eventUs: 0, rawPartition: 65_535, rawOffset: 2 ** 53 - 1 },
      ]),
    );
    const rows = await select(
      store,
      TRADES,
      "trade_id, price, size, unit, side, ts_event, ts_event_nanos, ts_recv_nanos, sequence, frame_index, executions, flags, source, _raw_partition, _raw_offset",
    );
    const all = "aggregated,snapshot,nonMarket,syntheticId,block,retailImprovement,contracts";
    const max = "9999999999.99999999";
    const t = "2023-11-14T22:13:20.000000Z";
    expect(rows).toEqual([
      ["1", max, max, "1", "buy", "2100-01-01T00:00:00.000000Z", 999, 1, null, 0, 1, all, "simulated", 0, "0"],
      [
        "9223372036854775807",
        `-${max}`,
        "0.00000001",
        "1",
        "unknown",
        t,
        0,
        0,
        "-9223372036854775808",
        0,
        1,
        "",
        "simulated",
        0,
        "0",
      ],
      [
        "a-long-text-id-that-is-no-number-0123456789",
        "100.00000000",
        "1.00000000",
        "1",
        "sell",
        t,
        0,
        0,
        "7",
        65_535,
        1,
        "",
        "import",
        0,
        "0",
      ],
      [
        "1",
        "100.00000000",
        "1.00000000",
        "1000000",
        "buy",
        "1970-01-01T00:00:00.000000Z",
        0,
        0,
        null,
        0,
        2_000_000_000,
        "",
        "simulated",
        65_535,
        "9007199254740991",
      ],
    ]);
  });

  it("bars keep volumes of 38 digits", async () => {
    await using store = await opened(open);
    const huge = 10n ** 38n - 1n;
    await store.apply(barsChunk([testBar({ volume: huge, quoteVolume: huge, revision: 3, cause: "late" })]));
    expect(
      await select(store, BARS, "symbol, interval, start, close, volume, quote_volume, revision, cause, unit"),
    ).toEqual([
      [
        "BTC-USDT-SPOT",
        "1m",
        "2023-11-14T22:13:00.000000Z",
        "110.00000000",
        "999999999999999999999999999999.99999999",
        "9999999999999999999999.9999999999999999",
        3,
        "late",
        "1",
      ],
    ]);
    await expectColumns(store, BARS);
  });

  it("gaps and refusals come back with their nulls and bytes", async () => {
    await using store = await opened(open);
    const gap = {
      gapId: "binance/0#4",
      venue: "binance",
      feed: "binance",
      connection: "binance/0",
      epoch: 4,
      rawSymbols: ["BTCUSDT", "ETHUSDT"],
      cause: "stale",
      state: "open",
      fromUs: 1_700_000_000_000_001,
      toUs: undefined,
      detail: "silent",
      resolution: undefined,
      source: 0,
    } as const;
    const refusal = {
      stage: "decode",
      reason: "malformed",
      detail: "not JSON",
      feed: "kraken",
      rawSymbol: undefined,
      frameIndex: undefined,
      rawPartition: 1,
      rawOffset: 17,
      receiveTimeUs: 1_700_000_000_000_002,
      payload: Uint8Array.of(0, 255, 10),
      source: 0,
    } as const;
    await store.apply({ ...chunkOf(TOPICS.gaps), records: encodeGaps([gap]) });
    await store.apply({ ...chunkOf(TOPICS.quarantine), records: encodeRefusals([refusal]) });
    expect(await select(store, GAPS, "raw_symbols, from_ts, to_ts, resolution, epoch")).toEqual([
      ["BTCUSDT,ETHUSDT", "2023-11-14T22:13:20.000001Z", null, null, "4"],
    ]);
    expect(await select(store, QUARANTINE, "payload, raw_symbol, frame_index, _raw_offset")).toEqual([
      ["00ff0a", null, null, "17"],
    ]);
    await expectColumns(store, GAPS);
    await expectColumns(store, QUARANTINE);
  });

  it("a relation is cut by offsets, listings, time and columns", async () => {
    await using store = await opened(open, { segmentRowsMax: 40 });
    for (const partition of [0, 1])
      for (let offset = 0; offset < 100; offset += 20)
        await store.apply(tradesChunk(seededTrades(partition, 20, offset), { partition, firstOffset: offset }));
    expect(
      await offsets(store, {
        from: [
          { partition: 0, offset: 97 },
          { partition: 1, offset: 99 },
        ],
      }),
    ).toEqual([
      [0, "97"],
      [0, "98"],
      [0, "99"],
      [1, "99"],
    ]);
    expect(await offsets(store, { upTo: [{ partition: 1, offset: 2 }] })).toEqual([
      [1, "0"],
      [1, "1"],
    ]);
    expect(await offsets(store, { listings: [] })).toEqual([]);
    const { rows } = await filtered(store, { listings: [2], columns: ["symbol", "venue"] }, "DISTINCT *");
    expect(rows).toEqual([["TINY-USDT-SPOT", "binance"]]);
    const window = { startUs: 1_700_000_000_050_000, endUs: 1_700_000_000_060_000 };
    const { rows: times } = await filtered(
      store,
      window,
      "min(ts_event) >= make_timestamptz(1700000000050000), max(ts_event) < make_timestamptz(1700000000060000), count(*) > 0",
    );
    expect(times).toEqual([[true, true, true]]);
    const inside = await filtered(store, window, "count(*)");
    const { rows: byHand } = await filtered(
      store,
      {},
      "count(*) FILTER (epoch_us(ts_event) >= 1700000000050000 AND epoch_us(ts_event) < 1700000000060000)",
    );
    expect(inside.rows).toEqual(byHand);
  });

  it("a statement can be interrupted, and a wrong one says what is wrong", async () => {
    await using store = await opened(open);
    const long = store.query("SELECT count(*) FROM range(1000000000000::BIGINT)", { signal: AbortSignal.timeout(20) });
    await expect(long).rejects.toThrow(/aborted due to timeout/);
    await expect(store.query("SELECT nonsense")).rejects.toThrow(SqlError);
    await expect(store.query("SELECT nonsense")).rejects.toThrow(/nonsense/);
    expect((await store.query("SELECT $1 || $2", { parameters: ["a", 1] })).rows).toEqual([["a1"]]);
  });

  it("rows beyond rowsMax are cut, and that is said", async () => {
    await using store = await opened(open);
    const sql = "SELECT range FROM range(5000)";
    const cut = await store.query(sql, { rowsMax: 3000 });
    expect([cut.rows.length, cut.truncated]).toEqual([3000, true]);
    const whole = await store.query(sql, { rowsMax: 5000 });
    expect([whole.rows.length, whole.truncated]).toEqual([5000, false]);
  });

  it("a session has names of its own", async () => {
    await using store = await opened(open);
    await using one = await store.session();
    await using other = await store.session();
    await one.query("CREATE SCHEMA silver; CREATE VIEW silver.answer AS SELECT 42");
    expect((await one.query("SELECT * FROM silver.answer")).rows).toEqual([[42]]);
    await expect(other.query("SELECT * FROM silver.answer")).rejects.toThrow(SqlError);
  });
}
