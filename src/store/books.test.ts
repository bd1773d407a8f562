import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type RecordBatch, RecordBatchBuilder } from "../base/index.ts";
import {
  ASK,
  appendBookRecords,
  appendQuoteRecord,
  BID,
  BOOK_CHANGES,
  BOOK_FLAGS,
  BOOK_SNAPSHOTS,
  BookLevels,
  type BookRecord,
  NO_SIDE,
  QUOTE_FLAGS,
  QUOTES,
  type TableDefinition,
  TOPICS,
} from "../domain/index.ts";
import { openStore, type Store } from "./index.ts";
import { listingsChunk } from "./test-records.ts";

const T0 = 1_700_000_000_000_000;
const RECORD: BookRecord = {
  listing: 0,
  flags: 0,
  source: 1,
  eventTimeUs: T0 - 5,
  eventTimeNanos: 7,
  receiveTimeUs: T0,
  receiveTimeNanos: 9,
  connection: "binance/0",
  epoch: 3,
  sequence: 42,
  frameIndex: 2,
  rawPartition: 1,
  rawOffset: 17,
  depth: 20,
  bidLevels: 0,
  askLevels: 0,
  bidsKept: 0,
};
type Level = readonly [side: number, price: bigint, size: bigint];

function bookRecords(...messages: readonly (readonly [Partial<BookRecord>, ...Level[]])[]): RecordBatch {
  const builder = new RecordBatchBuilder();
  for (const [of, ...rows] of messages) {
    const levels = new BookLevels(1);
    for (const [side, price, size] of rows) levels.push(side, { price, size });
    appendBookRecords({ ...RECORD, ...of }, levels, builder);
  }
  return builder.take();
}

async function withStore(run: (store: Store) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "k2-store-books-"));
  try {
    await using store = await openStore({ folder });
    await store.apply(listingsChunk());
    await run(store);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function rowsOf(store: Store, table: TableDefinition, columns: string, from?: number): Promise<unknown> {
  using pin = store.pin();
  const relation = pin.relation(table, from === undefined ? {} : { from: [{ partition: 0, offset: from }] });
  if (relation === undefined) return [];
  return (await store.query(`SELECT ${columns} FROM (${relation}) ORDER BY _offset, coalesce(level_index, 0)`)).rows;
}

test("each level of a book message is a row with the table's columns, found by its record's offset", async () => {
  await withStore(async (store) => {
    const records = bookRecords(
      [{ flags: BOOK_FLAGS.snapshot }, [BID, 10_000_000_000n, 5n], [ASK, 10_100_000_000n, 10n ** 18n - 1n]],
      [{ flags: BOOK_FLAGS.maybeBad | BOOK_FLAGS.noEventTime, sequence: -1, depth: 0 }, [ASK, 1n, 0n]],
    );
    await store.apply({ topic: TOPICS.bookChanges, partition: 0, firstOffset: 100, appendedMs: 1, records });
    using pin = store.pin();
    const described = (await store.query(`DESCRIBE SELECT * FROM (${pin.relation(BOOK_CHANGES)})`)).rows;
    expect(described.map(([name]) => name)).toEqual(BOOK_CHANGES.columns.map(({ name }) => name));
    const columns =
      "side, price, size, action, ts_event, ts_recv_nanos, sequence, flags, depth, level_index, connection, epoch, _offset, _raw_offset";
    expect(await rowsOf(store, BOOK_CHANGES, columns)).toEqual([
      [
        "bid",
        "100.00000000",
        "0.00000005",
        "snapshot",
        "2023-11-14T22:13:19.999995Z",
        9,
        "42",
        "snapshot",
        20,
        0,
        "binance/0",
        "3",
        "100",
        "17",
      ],
      [
        "ask",
        "101.00000000",
        "9999999999.99999999",
        "snapshot",
        "2023-11-14T22:13:19.999995Z",
        9,
        "42",
        "snapshot,last",
        20,
        1,
        "binance/0",
        "3",
        "100",
        "17",
      ],
      [
        "ask",
        "0.00000001",
        "0.00000000",
        "delete",
        null,
        9,
        null,
        "last,maybeBad",
        null,
        0,
        "binance/0",
        "3",
        "101",
        "17",
      ],
    ]);
    expect(await rowsOf(store, BOOK_CHANGES, "price", 101)).toEqual([["0.00000001"]]);
    expect(store.rows(TOPICS.bookChanges)).toBe(3);
  });
});

test("what a pin sees of a table that goes on growing are whole messages, however many rows they are", async () => {
  await withStore(async (store) => {
    const message = (offset: number, levels: number): Promise<void> =>
      store.apply({
        topic: TOPICS.bookChanges,
        partition: 0,
        firstOffset: offset,
        appendedMs: 1,
        records: bookRecords([{}, ...Array.from({ length: levels }, (_, index): Level => [BID, BigInt(index), 1n])]),
      });
    await message(0, 5_000);
    using pin = store.pin();
    await message(2, 300); // The first message is two records.
    const count = `SELECT count(*)::INT FROM (${pin.relation(BOOK_CHANGES)})`;
    expect((await store.query(count)).rows).toEqual([[5_000]]);
    expect(await rowsOf(store, BOOK_CHANGES, "level_index", 2)).toHaveLength(300);
  });
});

test("a snapshot says its proof in every row, and a book without levels is one row", async () => {
  await withStore(async (store) => {
    const records = bookRecords(
      [
        { flags: BOOK_FLAGS.periodic | BOOK_FLAGS.checksumOk, bidLevels: 9, askLevels: 1, bidsKept: 2 },
        [BID, 3n, 1n],
        [BID, 2n, 1n],
        [ASK, 4n, 1n],
      ],
      [{ flags: BOOK_FLAGS.snapshot | BOOK_FLAGS.maybeBad | BOOK_FLAGS.oneSided }, [NO_SIDE, 0n, 0n]],
    );
    await store.apply({ topic: TOPICS.bookSnapshots, partition: 0, firstOffset: 0, appendedMs: 1, records });
    expect(
      await rowsOf(store, BOOK_SNAPSHOTS, "side, level, price, cause, continuity, checksum, spread, bid_levels"),
    ).toEqual([
      ["bid", 0, "0.00000003", "periodic", "proven", "ok", "open", 9],
      ["bid", 1, "0.00000002", "periodic", "proven", "ok", "open", 9],
      ["ask", 0, "0.00000004", "periodic", "proven", "ok", "open", 9],
      [null, 0, null, "replace", "unproven", "none", "one-sided", 0],
    ]);
  });
});

test("a quote without a bid has none, rather than a price of zero", async () => {
  await withStore(async (store) => {
    const builder = new RecordBatchBuilder();
    const halves = Int32Array.of(0, 0, 0, 0, 700, 0, -1, 0);
    const flags = QUOTE_FLAGS.derived | QUOTE_FLAGS.noBid;
    appendQuoteRecord({ ...RECORD, flags, halves }, builder);
    await store.apply({ topic: TOPICS.quotes, partition: 0, firstOffset: 0, appendedMs: 1, records: builder.take() });
    using pin = store.pin();
    const { rows } = await store.query(
      `SELECT bid_price, bid_size, ask_price, ask_size, flags, symbol FROM (${pin.relation(QUOTES)})`,
    );
    expect(rows[0]?.slice(0, 5)).toEqual([null, null, "0.00000700", "42.94967295", "derived"]);
    const described = (await store.query(`DESCRIBE SELECT * FROM (${pin.relation(QUOTES)})`)).rows;
    expect(described.map(([name]) => name)).toEqual(QUOTES.columns.map(({ name }) => name));
  });
});

test("levels of books that the lake has are kept for a tenth of the rows that trades are", async () => {
  await withStore(async (store) => {
    const records = bookRecords([{}, ...Array.from({ length: 50 }, (_, index): Level => [BID, BigInt(index), 1n])]);
    await store.apply({ topic: TOPICS.bookChanges, partition: 0, firstOffset: 0, appendedMs: 1, records });
    const committed = new Map([[TOPICS.bookChanges, [{ partition: 0, offset: 1 }]]]);
    expect(await store.evict({ committed, rowsMax: 500, ageMsMax: 1e9 })).toMatchObject({ rowsDropped: 0 });
    expect(await store.evict({ committed, rowsMax: 499, ageMsMax: 1e9 })).toMatchObject({ rowsDropped: 50 });
    expect(store.rows(TOPICS.bookChanges)).toBe(0);
  });
});
