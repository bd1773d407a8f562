import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Config } from "../../src/app/config.ts";
import { openOffline } from "../../src/app/offline.ts";
import { verify } from "../../src/app/verify.ts";
import { startVenueServer, type VenueServer } from "../../src/venue-server/index.ts";
import { testConfig } from "./harness.ts";
import { K2Process, pause, writeConfig } from "./k2-process.ts";
import { RawLogWatch } from "./raw-log-watch.ts";
import { compareSentAndStored, rewindServer, untilAllIsTaken } from "./sent-and-stored.ts";
import { SmallDisk } from "./small-disk.ts";

const FEEDS = {
  binance: ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "SOL-USDT-SPOT"],
  kraken: ["BTC-USD-SPOT", "ETH-USD-SPOT"],
  coinbase: ["BTC-USD-SPOT", "ETH-USD-SPOT"],
} as const;
const TRADES_PER_SECOND = 50_000;
const OVERLAP_TRADES = 1_000;
const SMALL_MB = 112;
const LARGE_MB = 1_024;
const LEFT_MB = 32;
const STOP_MS_MAX = 90_000;
const TEST_MS_MAX = 180_000;

const problem = SmallDisk.problem();
if (problem !== undefined) console.info(`full-disk.test.ts is skipped: ${problem}`);

interface Scene {
  readonly server: VenueServer;
  readonly configFile: string;
  readonly config: Config;
  readonly raw: RawLogWatch;
}

describe.skipIf(problem !== undefined)("on a full disk", { timeout: TEST_MS_MAX }, () => {
  test("K2 stops by itself and says what to do; with space again it goes on, and nothing is missing", async () => {
    using disk = new SmallDisk(SMALL_MB);
    await using server = await startMarket();
    const scene = prepare(disk, server);
    await using filling = up(scene);
    await expectStoppedByFullDisk(filling);
    server.pause();
    disk.leave(LEFT_MB); // Stopping gives back what the log had reserved, by chance enough to go on a little.
    await using refused = up(scene);
    await expectStoppedByFullDisk(refused);
    disk.resize(LARGE_MB);
    await expectNothingIsMissing(scene);
  });

  test("the same when something else takes the last byte at once", async () => {
    using disk = new SmallDisk(LARGE_MB);
    await using server = await startMarket();
    const scene = prepare(disk, server);
    await using k2 = up(scene);
    await k2.url;
    await pause(1000);
    disk.fill();
    await expectStoppedByFullDisk(k2);
    server.pause();
    disk.relieve();
    await expectNothingIsMissing(scene);
  });
});

function startMarket(): Promise<VenueServer> {
  return startVenueServer({
    source: { kind: "market", seed: 3, tradesPerSecond: TRADES_PER_SECOND, feeds: Object.keys(FEEDS) },
  });
}

function prepare(disk: SmallDisk, server: VenueServer): Scene {
  for (const feed of Object.keys(FEEDS)) server.rewind({ feed, afterTradeId: "0" });
  const settings = {
    mode: "live",
    data: disk.folder,
    http: { port: 0 },
    lake: { commitAgeMs: 500, firstCommitAgeMs: 500 },
    feeds: Object.entries(FEEDS).map(([feed, symbols]) => ({ feed, symbols, url: server.url(feed), source: "replay" })),
  };
  const config = testConfig(disk.folder, settings);
  return {
    server,
    config,
    configFile: writeConfig(disk.folder, settings),
    raw: new RawLogWatch(join(config.folder, "log")),
  };
}

function up({ configFile }: Scene): K2Process {
  return new K2Process(["up", "--config", configFile]);
}

async function expectStoppedByFullDisk(k2: K2Process): Promise<void> {
  const ended = await Promise.race([k2.ended, pause(STOP_MS_MAX)]);
  expect(ended, `${k2.output}${k2.errors}`).toEqual({ code: 1, signal: null });
  // Which part meets the full disk first is chance; it says so, and no part goes on without it.
  expect(k2.errors).toMatch(/^k2: Cannot .*(bytes free|no space left|disk is full)/im);
}

/** Sends everything again from some trades before what the raw log has, and compares it with the table. */
async function expectNothingIsMissing({ server, raw, config, configFile }: Scene): Promise<void> {
  await raw.read();
  rewindServer(server, raw.lastIds, OVERLAP_TRADES);
  await using k2 = new K2Process(["up", "--config", configFile]);
  await untilAllIsTaken(k2, server);
  expect(await k2.stop()).toEqual({ code: 0, signal: null });
  expect(k2.complaints).toEqual([]);

  await using offline = await openOffline(config);
  for (const { feed, symbol, sent, stored } of await compareSentAndStored(offline.query, server.ledger()))
    expect({ feed, symbol, ...stored }).toEqual({ feed, symbol, ...sent, distinctIds: sent.trades });
  const { checks } = await verify(config);
  expect(checks.filter(({ differences }) => differences.length > 0)).toEqual([]);
}
