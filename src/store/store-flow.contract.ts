import { expect, test } from "vitest";
import { TOPICS, TRADES } from "../domain/index.ts";
import { OffsetHoleError, StoreClosedError, StoreFailedError } from "./errors.ts";
import { brokenChunk, listingsChunk, seededTrades, TEST_LISTINGS, tradesChunk } from "./test-records.ts";
import { counted, type OpenStore, opened, relationOf, select } from "./test-relations.ts";

/** How chunks come in, wait, are seen and are forgotten. */
export function describeStoreFlow(name: string, open: OpenStore): void {
  const it = (title: string, run: () => Promise<void>): void => test(`${name}: ${title}`, run);

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

  it("a broken record fails the store, loudly and for good", async () => {
    await using store = await opened(open);
    await store.apply(tradesChunk([{}]));
    await expect(store.apply(brokenChunk(TOPICS.trades, 1))).rejects.toThrow(StoreFailedError);
    await expect(store.apply(tradesChunk([{}], { firstOffset: 1 }))).rejects.toThrow(StoreFailedError);
    expect(() => store.pin()).toThrow(StoreFailedError);
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
