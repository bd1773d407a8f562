import type { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { type K2, startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";

const FEEDS = [
  { feed: "binance", symbols: ["BTC-USDT-SPOT"] },
  { feed: "kraken", symbols: ["BTC-USD-SPOT"] },
  { feed: "coinbase", symbols: ["BTC-USD-SPOT"] },
];

interface FeedHealth {
  readonly feed: string;
  readonly state: string;
  readonly epoch: number;
  readonly frames: number;
  readonly reconnects: number;
  readonly gaps: number;
  readonly lastError: string | null;
}

async function feedsOf({ url }: K2): Promise<readonly FeedHealth[]> {
  const response = await fetch(`${url}/v1/health`);
  return ((await response.json()) as { readonly feeds: readonly FeedHealth[] }).feeds;
}

/** The feed when it is as asked, looking every few milliseconds. */
async function feedWhen(k2: K2, feed: string, isSo: (health: FeedHealth) => boolean): Promise<FeedHealth> {
  for (;;) {
    const health = (await feedsOf(k2)).find((other) => other.feed === feed);
    if (health !== undefined && isSo(health)) return health;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a worker that is killed in a running K2: its venue is captured on, the gap is named and healed, and the others never stop", {
  timeout: 240_000,
}, async () => {
  using folder = temporaryFolder();
  const workers: Worker[] = [];
  const names: string[] = []; // A worker that has ended has none any more.
  const keep = (worker: Worker): void => {
    workers.push(worker);
    if (worker.threadName?.startsWith("k2 ")) names.push(worker.threadName);
  };
  process.on("worker", keep);
  const config = testConfig(folder.path, {
    ...{ feeds: FEEDS, simulation: { tradesPerSecond: 300 }, capture: { isolation: "worker" } },
    lake: { commitAgeMs: 500, firstCommitAgeMs: 200 },
  });
  try {
    await using k2 = await startK2(config, { logger: silentLogger });
    for (const { feed } of FEEDS) await feedWhen(k2, feed, ({ frames, state }) => state === "live" && frames > 50);
    await workers.find(({ threadName }) => threadName === "k2 binance")?.terminate();

    const others = new Map((await feedsOf(k2)).map(({ feed, frames }) => [feed, frames]));
    const framesOf = (feed: string): number => others.get(feed) ?? 0;
    const again = await feedWhen(k2, "binance", ({ epoch, state, frames }) => {
      return epoch === 2 && state === "live" && frames > framesOf("binance") + 50;
    });
    expect(again).toMatchObject({
      reconnects: 1,
      lastError: expect.stringMatching(/^The worker that captures binance/),
    });
    for (const feed of ["kraken", "coinbase"]) {
      const other = await feedWhen(k2, feed, ({ frames }) => frames > framesOf(feed) + 50);
      expect(other).toMatchObject({ state: "live", epoch: 1, reconnects: 0, gaps: 0, lastError: null });
    }
    await k2.settled();
    await k2.healed();
    await k2.settled();

    const gaps = await rowsOf(k2, "SELECT connection, epoch, cause, state, resolution FROM silver.gaps ORDER BY ALL");
    const gap = { connection: "binance/0", epoch: "1", cause: "crash" };
    expect(gaps).toEqual([
      { ...gap, state: "closed", resolution: "healed" },
      { ...gap, state: "closed", resolution: "reconnected" },
      { ...gap, state: "open", resolution: null },
    ]);
    // Ids follow each other without a hole: what was acknowledged is there, and what the crash took was asked for.
    const ids = await rowsOf(
      k2,
      `SELECT venue, count(*)::INT AS trades, (max(trade_id::BIGINT) - min(trade_id::BIGINT) + 1)::INT AS span
       FROM silver.trades GROUP BY ALL ORDER BY venue`,
    );
    expect(ids.map(({ venue, trades, span }) => [venue, Number(span) - Number(trades)])).toEqual(
      ["binance", "coinbase", "kraken"].map((venue) => [venue, 0]),
    );
  } finally {
    process.off("worker", keep);
  }
  expect(names).toEqual(["k2 binance", "k2 kraken", "k2 coinbase", "k2 binance"]);
});
