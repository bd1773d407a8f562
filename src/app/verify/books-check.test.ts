import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger } from "../../base/index.ts";
import { readConfig } from "../config.ts";
import { verify } from "../verify.ts";
import { startK2 } from "../wire.ts";

const FEEDS = [
  { feed: "kraken", symbols: ["BTC-USD-SPOT"], channels: ["trade", "book-10", "ticker"] },
  { feed: "bybit", symbols: ["BTC-USDT-SPOT"], channels: ["publicTrade", "orderbook.50", "orderbook.1"] },
];

test("books are derived anew and found as they are stored; what was made by other settings is told apart, by listing", {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-verify-books-"));
  const settings = (snapshotDepth: number) =>
    readConfig({
      environment: {},
      overrides: {
        data: folder,
        http: { port: 0 },
        feeds: FEEDS,
        simulation: { tradesPerSecond: 100 },
        books: { snapshotDepth, snapshotEveryMs: 1000 },
        lake: { commitAgeMs: 200, firstCommitAgeMs: 200 },
      },
    });
  try {
    const config = settings(1000);
    {
      await using k2 = await startK2(config, { logger: silentLogger });
      await expect
        .poll(async () => Number((await k2.query.sql("SELECT count(*) FROM silver.book_changes")).rows[0]?.[0]))
        .toBeGreaterThan(500);
      const { checks } = await verify(config); // Beside a running one.
      expect(checks.flatMap(({ differences }) => differences)).toEqual([]);
    }
    const { ok, checks } = await verify(config);
    const books = checks.find(({ name }) => name === "books are what the frames say");
    expect(books?.differences).toEqual([]);
    expect(ok).toBe(true);
    const [quotes = 0, changes = 0, snapshots = 0] = [...(books?.detail.matchAll(/(\d+) (?:quotes|book)/g) ?? [])].map(
      ([, count]) => Number(count),
    );
    expect(Math.min(quotes, changes, snapshots)).toBeGreaterThan(0);
    expect(changes).toBeGreaterThan(500);

    const other = await verify(settings(3));
    expect(other.ok).toBe(false);
    const differences = other.checks.flatMap((check) => check.differences);
    expect(differences.map((text) => text.split(":")[0]).sort()).toEqual(["bybit|BTCUSDT", "kraken|BTC/USD"]);
    for (const text of differences) expect(text).toMatch(/book_snapshots rows, .* settings of books have changed/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
