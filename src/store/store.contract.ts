import { expect, test } from "vitest";
import {
  BARS,
  encodeGaps,
  encodeRefusals,
  GAPS,
  QUARANTINE,
  type TableDefinition,
  TOPICS,
  TRADES,
} from "../domain/index.ts";
import { OffsetHoleError, SqlError, StoreClosedError, StoreFailedError } from "./errors.ts";
import type { RelationFilter, Store, StorePin } from "./store.ts";
import {
  barsChunk,
  brokenChunk,
  listingsChunk,
  seededTrades,
  TEST_LISTINGS,
  testBar,
  tradesChunk,
} from "./test-records.ts";

export interface OpenStoreOptions {
  readonly segmentRowsMax?: number;
  readonly heldRowsMax?: number;
}

/** What every Store must do. Each adapter's test calls it and adds only what is its own. */
export function describeStore(name: string, open: (options?: OpenStoreOptions) => Promise<Store>): void {
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

  it("a chunk that overlaps is cut, one that leaves a hole is refused", async () => {
    await using store = await opened(open);
    const trades = seededTrades(1, 100);
    await store.apply(tradesChunk(trades.slice(10, 40), { firstOffset: 10 }));
    await store.apply(tradesChunk(trades.slice(20, 60), { firstOffset: 20 }));
    await store.apply(tradesChunk(trades.slice(10, 30), { firstOffset: 10 }));
    await expect(store.apply(tradesChunk(trades.slice(61), { firstOffset: 61 }))).rejects.toThrow(OffsetHoleError);
    expect(store.positions(TOPICS.trades)).toEqual([{ partition: 0, start: 10, end: 60 }]);
    const rows = await select(store, TRADES, "_offset, trade_id");
    expect(rows).toEqual(Array.from({ length: 50 }, (_, index) => [String(index + 10), String(index + 11)]));
  });

  it("chunks applied at once keep their order, by partition", async () => {
    await using store = await opened(open);
    const chunks = [0, 1, 2, 3, 4].flatMap((number) =>
      [0, 1].map((partition) =>
        tradesChunk(seededTrades(partition, 10, number * 10), { partition, firstOffset: number * 10 }),
      ),
    );
    await Promise.all(chunks.map((chunk) => store.apply(chunk)));
    expect(store.positions(TOPICS.trades)).toEqual([
      { partition: 0, start: 0, end: 50 },
      { partition: 1, start: 0, end: 50 },
    ]);
    expect(await counted(store)).toEqual([["100", "100"]]);
  });

  it("trades wait, unseen, until their listing is known", async () => {
    await using store = await open();
    let isShown = false;
    const applied = store.apply(tradesChunk([{ listing: 1 }])).then(() => {
      isShown = true;
    });
    await store.query("SELECT 1");
    expect([isShown, store.positions(TOPICS.trades)]).toEqual([false, []]);
    await store.apply(listingsChunk());
    await applied;
    expect(await select(store, TRADES, "symbol")).toEqual([["BTC-USD-SPOT"]]);
    expect(store.listings()).toEqual(TEST_LISTINGS);
  });

  it("a pin sees the same rows whatever is applied or evicted after it", async () => {
    await using store = await opened(open, { segmentRowsMax: 100 });
    await store.apply(tradesChunk(seededTrades(1, 250)));
    const committed = new Map([[TOPICS.trades, [{ partition: 0, offset: 250 }]]]);
    using pin = store.pin();
    const relation = relationOf(pin, TRADES);
    const before = (await store.query(`SELECT count(*), sum(price) FROM (${relation})`)).rows;
    await store.apply(tradesChunk(seededTrades(1, 100, 250), { firstOffset: 250 }));
    const report = await store.evict({ committed, rowsMax: 0, ageMsMax: 1e9 });
    expect(report.rowsDropped).toBe(250);
    expect(store.positions(TOPICS.trades)).toEqual([{ partition: 0, start: 250, end: 350 }]);
    expect((await store.query(`SELECT count(*), sum(price) FROM (${relation})`)).rows).toEqual(before);
    expect(pin.held(TRADES)).toEqual([{ partition: 0, start: 0, end: 250 }]);
  });

  it("eviction never drops what the lake does not have", async () => {
    await using store = await opened(open, { segmentRowsMax: 100 });
    for (let offset = 0; offset < 500; offset += 100)
      await store.apply(tradesChunk(seededTrades(1, 100, offset), { firstOffset: offset }));
    const evict = (offset: number, rowsMax: number) =>
      store.evict({ committed: new Map([[TOPICS.trades, [{ partition: 0, offset }]]]), rowsMax, ageMsMax: 1e9 });
    expect(await evict(0, 0)).toEqual({ segmentsDropped: 0, rowsDropped: 0 });
    expect(await evict(299, 0)).toEqual({ segmentsDropped: 2, rowsDropped: 200 });
    expect(await evict(500, 200)).toEqual({ segmentsDropped: 1, rowsDropped: 100 });
    expect(store.positions(TOPICS.trades)).toEqual([{ partition: 0, start: 300, end: 500 }]);
    expect(await counted(store)).toEqual([["200", "200"]]);
    expect(await evict(500, 0)).toEqual({ segmentsDropped: 2, rowsDropped: 200 });
    expect(await counted(store)).toEqual([["0", "0"]]);
    await store.apply(tradesChunk(seededTrades(1, 10, 500), { firstOffset: 500 }));
    expect(store.positions(TOPICS.trades)).toEqual([{ partition: 0, start: 500, end: 510 }]);
  });

  it("apply waits while the store is full of rows that the lake does not have", async () => {
    await using store = await opened(open, { segmentRowsMax: 50, heldRowsMax: 100 });
    await store.apply(tradesChunk(seededTrades(1, 100)));
    const abort = new AbortController();
    const given = store.apply(tradesChunk(seededTrades(1, 10, 100), { firstOffset: 100 }), { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    const waiting = store.apply(tradesChunk(seededTrades(1, 10, 100), { firstOffset: 100 }));
    await store.query("SELECT 1");
    expect(store.positions(TOPICS.trades)).toEqual([{ partition: 0, start: 0, end: 100 }]);
    const committed = new Map([[TOPICS.trades, [{ partition: 0, offset: 100 }]]]);
    await store.evict({ committed, rowsMax: 1_000_000, ageMsMax: 1e9 });
    await waiting;
    expect(store.positions(TOPICS.trades)).toEqual([{ partition: 0, start: 100, end: 110 }]);
  });

  it("apply waits for the listings that the rows name, until aborted", async () => {
    await using store = await open();
    const abort = new AbortController();
    const given = store.apply(tradesChunk(seededTrades(1, 10)), { signal: abort.signal });
    await store.query("SELECT 1");
    abort.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    expect(store.positions(TOPICS.trades)).toEqual([]);
    await store.apply(listingsChunk());
    await store.apply(tradesChunk(seededTrades(1, 10)));
    expect(store.positions(TOPICS.trades)).toEqual([{ partition: 0, start: 0, end: 10 }]);
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

  it("a broken record fails the store, loudly and for good", async () => {
    await using store = await opened(open);
    await store.apply(tradesChunk([{}]));
    await expect(store.apply(brokenChunk(TOPICS.trades, 1))).rejects.toThrow(StoreFailedError);
    await expect(store.apply(tradesChunk([{}], { firstOffset: 1 }))).rejects.toThrow(StoreFailedError);
    expect(() => store.pin()).toThrow(StoreFailedError);
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

  it("readers run while rows arrive, each on a whole number of chunks", async () => {
    await using store = await opened(open, { segmentRowsMax: 700 });
    let isDone = false;
    const writing = (async () => {
      for (let offset = 0; offset < 6000; offset += 60)
        await store.apply(tradesChunk(seededTrades(3, 60, offset), { firstOffset: offset }));
      isDone = true;
    })();
    let looks = 0;
    while (!isDone) {
      using pin = store.pin();
      const end = pin.held(TRADES)[0]?.end ?? 0;
      const relation = pin.relation(TRADES);
      if (relation === undefined) {
        await store.query("SELECT 1");
        continue;
      }
      const { rows } = await store.query(`SELECT count(*), sum(_offset), count(DISTINCT _offset) FROM (${relation})`);
      expect([end % 60, rows]).toEqual([0, [[String(end), String((end * (end - 1)) / 2), String(end)]]]);
      looks += 1;
    }
    await writing;
    expect(looks).toBeGreaterThan(0);
    expect(await counted(store)).toEqual([["6000", "6000"]]);
  });

  it("closing ends what waits, and a store opened anew is empty", async () => {
    const store = await opened(open, { segmentRowsMax: 50, heldRowsMax: 100 });
    await store.apply(tradesChunk(seededTrades(1, 100)));
    const waiting = store.apply(tradesChunk(seededTrades(1, 10, 100), { firstOffset: 100 }));
    const refused = expect(waiting).rejects.toThrow(StoreClosedError);
    await store[Symbol.asyncDispose]();
    await refused;
    await expect(store.query("SELECT 1")).rejects.toThrow(StoreClosedError);
    await using again = await open();
    expect([again.positions(TOPICS.trades), again.listings()]).toEqual([[], []]);
  });
}

async function opened(
  open: (options?: OpenStoreOptions) => Promise<Store>,
  options: OpenStoreOptions = {},
): Promise<Store> {
  const store = await open(options);
  await store.apply(listingsChunk());
  return store;
}

function chunkOf(topic: string): { topic: string; partition: number; firstOffset: number; appendedMs: number } {
  return { topic, partition: 0, firstOffset: 0, appendedMs: 0 };
}

function relationOf(pin: StorePin, table: TableDefinition, filter: RelationFilter = {}): string {
  return pin.relation(table, filter) ?? "SELECT 0 AS _partition, 0::BIGINT AS _offset WHERE false";
}

async function select(store: Store, table: TableDefinition, columns: string): Promise<readonly (readonly unknown[])[]> {
  using pin = store.pin();
  const relation = relationOf(pin, table);
  return (await store.query(`SELECT ${columns} FROM (${relation}) ORDER BY _partition, _offset`)).rows;
}

async function filtered(store: Store, filter: RelationFilter, columns: string): ReturnType<Store["query"]> {
  using pin = store.pin();
  return await store.query(`SELECT ${columns} FROM (${relationOf(pin, TRADES, filter)})`);
}

async function offsets(store: Store, filter: RelationFilter): Promise<readonly (readonly unknown[])[]> {
  using pin = store.pin();
  const relation = relationOf(pin, TRADES, filter);
  return (await store.query(`SELECT _partition, _offset FROM (${relation}) ORDER BY ALL`)).rows;
}

async function counted(store: Store): Promise<readonly (readonly unknown[])[]> {
  return (await filtered(store, {}, "count(*), count(DISTINCT (_partition, _offset))")).rows;
}

async function expectColumns(store: Store, table: TableDefinition): Promise<void> {
  using pin = store.pin();
  const { columns } = await store.query(relationOf(pin, table));
  expect(columns).toEqual(table.columns.map(({ name, type }) => ({ name, type: duckdb(type) })));
}

function duckdb(type: string): string {
  const names: Record<string, string> = {
    string: "VARCHAR",
    int: "INTEGER",
    long: "BIGINT",
    timestamptz: "TIMESTAMP WITH TIME ZONE",
    binary: "BLOB",
  };
  return names[type] ?? type.toUpperCase();
}
