import { join } from "node:path";
import { expect, test } from "vitest";
import { openOffline } from "../../src/app/offline.ts";
import { type Random, seededRandom } from "../../src/base/index.ts";
import { startVenueServer, type VenueServer } from "../../src/venue-server/index.ts";
import { barDifferences } from "./bars-of-trades.ts";
import { temporaryFolder, testConfig } from "./harness.ts";
import { K2Process, until, writeConfig } from "./k2-process.ts";
import { RawLogWatch } from "./raw-log-watch.ts";
import { compareSentAndStored } from "./sent-and-stored.ts";

/** CI asks for 100. */
const KILLS = Number(process.env["K2_KILLS"] ?? 10);
const SEED = Number(process.env["K2_SEED"] ?? 1);
const TRADES_PER_SECOND = Number(process.env["K2_RATE"] ?? 20_000);
const MS_A_KILL_MAX = 30_000;
const OVERLAP_MAX = 3_000;
const PROGRESS_EVERY = 10;

const FEEDS = {
  binance: ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "SOL-USDT-SPOT", "DOGE-USDT-SPOT", "PICO-USDT-SPOT"],
  "binance-usdm": ["BTC-USDT-PERP", "ETH-USDT-PERP", "SOL-USDT-PERP"],
  kraken: ["BTC-USD-SPOT", "ETH-USD-SPOT", "DOGE-USD-SPOT"],
  coinbase: ["BTC-USD-SPOT", "ETH-USD-SPOT", "SOL-USD-SPOT"],
  bybit: ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "PICO-USDT-SPOT"],
} as const;

test(`killed ${KILLS} times at any moment, K2 has every trade that was sent, once`, { timeout: 120_000 + KILLS * MS_A_KILL_MAX }, async () => {
  const folder = temporaryFolder();
  await using server = await startVenueServer({
    source: { kind: "market", seed: SEED, tradesPerSecond: TRADES_PER_SECOND, feeds: Object.keys(FEEDS) },
    paused: true,
  });
  const settings = {
    mode: "live",
    data: folder.path,
    http: { port: 0 },
    lake: { commitAgeMs: 300, firstCommitAgeMs: 300 },
    feeds: Object.entries(FEEDS).map(([feed, symbols]) => ({ feed, symbols, url: server.url(feed), source: "replay" })),
  };
  const configFile = writeConfig(folder.path, settings);
  const config = testConfig(folder.path, settings);
  const raw = new RawLogWatch(join(config.folder, "log"));
  const random = seededRandom(SEED);
  const run = new Run(server, raw, random);
  for (const feed of Object.keys(FEEDS)) server.rewind({ feed, afterTradeId: "0" });
  server.resume();

  for (let kill = 1; kill <= KILLS; kill += 1) {
    await using k2 = new K2Process(["up", "--config", configFile]);
    await run.endAtRandom(k2);
    await run.rewind();
    if (kill % PROGRESS_EVERY === 0) run.report(kill);
  }
  run.report(KILLS);
  …
});
