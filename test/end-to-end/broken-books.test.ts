import { expect, test } from "vitest";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { startVenueServer } from "../../src/venue-server/index.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";
import { until } from "./k2-process.ts";

const FEEDS = [
  { feed: "bybit", symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT"], channels: ["publicTrade", "orderbook.50"] },
  { feed: "kraken", symbols: ["BTC-USD-SPOT", "ETH-USD-SPOT"], channels: ["trade", "book-10"] },
  { feed: "coinbase", symbols: ["BTC-USD-SPOT", "ETH-USD-SPOT"], channels: ["market_trades", "level2"] },
];
/** Frames of each feed that arrive with a flipped bit: long after all is subscribed. */
const STRUCK = [60, 61, 90];

const BROKEN = `SELECT feed, gap_id, count(*) FILTER (WHERE state = 'open')::INT AS opened,
  count(*) FILTER (WHERE resolution = 'resynchronised')::INT AS closed
  FROM silver.gaps WHERE cause IN ('missed', 'checksum') AND contains(gap_id, '@') GROUP BY ALL ORDER BY ALL`;

test("a book that was broken is subscribed anew, while its socket, its neighbours and the trades go on", {
  timeout: 90_000,
}, async () => {
  using folder = temporaryFolder();
  await using server = await startVenueServer({
    source: { kind: "market", seed: 7, tradesPerSecond: 60, feeds: FEEDS.map(({ feed }) => feed) },
    faults: { seed: 1, rules: [{ kind: "corrupt", at: STRUCK }] },
  });
  const config = testConfig(folder.path, {
    mode: "live",
    feeds: FEEDS.map((feed) => ({ ...feed, url: server.url(feed.feed), source: "replay" })),
    lake: { commitAgeMs: 300, firstCommitAgeMs: 100 },
  });
  await using k2 = await startK2(config, { logger: silentLogger });
  await until("each feed has had a broken book, and every one is whole again", async () => {
    const gaps = await rowsOf(k2, BROKEN);
    const feeds = new Set(gaps.map(({ feed }) => feed));
    return feeds.size === FEEDS.length && gaps.every(({ opened, closed }) => opened === 1 && closed === 1);
  });
  for (const [symbol, venue] of [
    ["BTC-USDT-SPOT", "bybit"],
    ["ETH-USD-SPOT", "kraken"],
    ["BTC-USD-SPOT", "coinbase"],
  ] as const) {
    const { proof } = await k2.query.book({ symbol, venue, depth: 5 });
    expect({ venue, epoch: proof.epoch, complete: proof.complete }).toEqual({ venue, epoch: 1, complete: true });
  }
  const isSent =
    "SELECT count(*)::INT AS n FROM bronze.frames WHERE kind = 'sent' AND contains(decode(payload), 'unsubscribe')";
  await until("the requests are in the lake", async () => Number((await rowsOf(k2, isSent))[0]?.["n"]) >= FEEDS.length);
  const opened = "SELECT feed, count(*)::INT AS n FROM bronze.frames WHERE kind = 'opened' GROUP BY ALL ORDER BY feed";
  expect(await rowsOf(k2, opened)).toEqual(["bybit", "coinbase", "kraken"].map((feed) => ({ feed, n: 1 })));
  // Only the struck frames are refused, as trades and as books: no answer to a request is.
  const refused = "SELECT count(DISTINCT (feed, _raw_offset))::INT AS n FROM silver.quarantine";
  const struck = FEEDS.length * STRUCK.length;
  await until("all struck frames came", async () => Number((await rowsOf(k2, refused))[0]?.["n"]) >= struck);
  expect(await rowsOf(k2, refused)).toEqual([{ n: struck }]);
});
