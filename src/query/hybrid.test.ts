import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { TRADES } from "../domain/index.ts";
import { seededTrades, tradesChunk } from "../store/test-records.ts";
import type { Receipt } from "./index.ts";
import { TestPlatform } from "./test-platform.ts";

const CHUNKS = 40;
const CHUNK_ROWS = 75;
const PARTITIONS = [0, 1, 2];

/** Invariant I5: whatever moves rows from the store into the lake meanwhile, a question sees a prefix of each partition, once. */
test("while rows arrive, land and are evicted, every answer holds each row of a known prefix exactly once", async () => {
  await using platform = await TestPlatform.open({ segmentRowsMax: 200 });
  let isDone = false;
  const writing = Promise.all(
    PARTITIONS.map(async (partition) => {
      for (let offset = 0; offset < CHUNKS * CHUNK_ROWS; offset += CHUNK_ROWS) {
        const trades = seededTrades(partition, CHUNK_ROWS, offset);
        await platform.store.apply(tradesChunk(trades, { partition, firstOffset: offset }));
      }
    }),
  ).finally(() => {
    isDone = true;
  });
  let evicted = 0;
  const landing = (async () => {
    while (!isDone) {
      await platform.land(TRADES);
      evicted += await platform.evict();
      await setImmediate(); // With nothing to land, neither waits for anything: the store's answers need a turn too.
    }
  })();
  let answers = 0;
  const asking = (async () => {
    while (!isDone) {
      await checkSql(platform);
      await checkPage(platform);
      answers += 1;
    }
  })();
  await Promise.all([writing, landing, asking]);
  await platform.land(TRADES);
  evicted += await platform.evict();
  expect(await checkSql(platform)).toBe(PARTITIONS.length * CHUNKS * CHUNK_ROWS);
  expect(evicted).toBe(PARTITIONS.length * CHUNKS * CHUNK_ROWS);
  expect(answers).toBeGreaterThan(2);
});

/** Count, sum and distinct count of offsets are those of 0 to n - 1; n is at least what was visible before. */
async function checkSql(platform: TestPlatform): Promise<number> {
  const before = platform.store.positions("market.trades");
  const { rows } = await platform.query.sql(
    "SELECT _partition, count(*), sum(_offset), count(DISTINCT _offset) FROM silver.trades GROUP BY 1 ORDER BY 1",
  );
  let total = 0;
  for (const [partition, count, sum, distinct] of rows) {
    const seen = Number(count);
    expect([partition, sum, distinct]).toEqual([partition, String((seen * (seen - 1)) / 2), count]);
    expect(seen % CHUNK_ROWS).toBe(0);
    expect(seen).toBeGreaterThanOrEqual(before.find((range) => range.partition === partition)?.end ?? 0);
    total += seen;
  }
  return total;
}

/** As many rows as the receipt says, each once. */
async function checkPage(platform: TestPlatform): Promise<void> {
  const { rows, receipt } = await platform.query.trades({ order: "descending", limit: 100_000 });
  expect(rows.length).toBe(rowsIn(receipt));
  // Ids are those of the partition's offsets; the rest of a row tells the partitions apart.
  expect(new Set(rows.map(({ tradeId, eventTime, price }) => [tradeId, eventTime, price].join())).size).toBe(
    rows.length,
  );
}

function rowsIn({ lakeOffsets, tailOffsets }: Receipt): number {
  const ends = new Map<string, number>();
  for (const text of [...(lakeOffsets["silver.trades"] ?? []), ...(tailOffsets["silver.trades"] ?? [])]) {
    const [partition = "", end = ""] = text.split(":");
    ends.set(partition, Math.max(ends.get(partition) ?? 0, Number(end)));
  }
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}
