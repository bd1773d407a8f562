import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeListings, encodeTrades, TOPICS, TradeBatch } from "../domain/index.ts";
import { type Log, openLog } from "../log/index.ts";
import { openStore } from "../store/index.ts";
import { ensureEventTopics } from "./event-topics.ts";
import { fillStore } from "./follow-store.ts";
import { Positions } from "./positions.ts";

const ONE_DAY = { partitions: 1, retentionMs: 86_400_000, retentionBytes: 1e9 };

test("filling goes on after what is held, and ends where the log ended when it began, whatever comes meanwhile", async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-fill-"));
  try {
    await using log = await openLog({ folder: join(folder, "log") });
    await ensureEventTopics(log, ONE_DAY);
    await appendTrade(log, 0);
    const growing: Pick<Log, "bounds" | "read" | "topics"> = {
      bounds: (topic) => log.bounds(topic),
      topics: () => log.topics(),
      async *read(at, options) {
        yield* log.read(at, options);
        if (at.topic === TOPICS.listings) await appendTrade(log, 1);
      },
    };
    await using store = await openStore({ folder: join(folder, "store"), memoryBytes: 64e6 });
    const fill = { store, lakePositions: new Positions(), signal: new AbortController().signal };
    await fillStore({ ...fill, log: growing });
    expect(store.positions(TOPICS.trades)).toEqual([{ partition: 0, start: 0, end: 1 }]);
    await appendTrade(log, 2);
    const landed = Positions.of([{ topic: TOPICS.trades, partition: 0, offset: 2 }]);
    await fillStore({ ...fill, log, lakePositions: landed }); // The lake has gone ahead of what the store holds.
    expect(store.positions(TOPICS.trades)).toEqual([{ partition: 0, start: 0, end: 3 }]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** A new listing and its first trade, as the pipeline appends them: together. */
async function appendTrade(log: Log, listing: number): Promise<void> {
  const trades = new TradeBatch(1);
  trades.listing[trades.nextRow()] = listing;
  trades.price.set(0, 100_000_000n);
  trades.size.set(0, 100_000_000n);
  trades.idNumber.set(0, 1n);
  trades.length = 1;
  const rawSymbol = `TEST${listing}`;
  const listings = [{ index: listing, venue: "binance", rawSymbol, symbol: `${rawSymbol}-USD-SPOT`, unitExponent: 0 }];
  await log.append([
    { topic: TOPICS.listings, partition: 0, records: encodeListings(listings) },
    { topic: TOPICS.trades, partition: 0, records: encodeTrades(trades) },
  ]);
}
