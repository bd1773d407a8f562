import { join } from "node:path";
import { expect, test } from "vitest";
import type { Config } from "../../src/app/config.ts";
import { lakePositions } from "../../src/app/lake-tables.ts";
import { openOffline } from "../../src/app/offline.ts";
import { TABLES, TOPICS } from "../../src/domain/index.ts";
import { startVenueServer, type VenueServer } from "../../src/venue-server/index.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";
import { K2Process, pause, until, writeConfig } from "./k2-process.ts";
import { RawLogWatch } from "./raw-log-watch.ts";
import { compareSentAndStored, rewindServer, untilAllIsTaken } from "./sent-and-stored.ts";

const FEEDS = {
  binance: ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "SOL-USDT-SPOT"],
  kraken: ["BTC-USD-SPOT", "ETH-USD-SPOT"],
  bybit: ["BTC-USDT-SPOT", "ETH-USDT-SPOT"],
} as const;
const RUNNING_MS = 1_500;
const TEST_MS_MAX = 180_000;

interface Scene extends AsyncDisposable {
  readonly server: VenueServer;
  readonly config: Config;
  readonly configFile: string;
}

/** A market at more than any venue's rate, and the configuration of a K2 that captures it. Commits come only at the end. */
async function openScene(): Promise<Scene> {
  const folder = temporaryFolder();
  const server = await startVenueServer({
    source: { kind: "market", seed: 5, tradesPerSecond: 40_000, feeds: Object.keys(FEEDS), snapshots: false },
  });
  for (const feed of Object.keys(FEEDS)) server.rewind({ feed, afterTradeId: "0" });
  const settings = {
    mode: "live",
    data: folder.path,
    http: { port: 0 },
    feeds: Object.entries(FEEDS).map(([feed, symbols]) => ({ feed, symbols, url: server.url(feed), source: "replay" })),
  };
  return {
    server,
    config: testConfig(folder.path, settings),
    configFile: writeConfig(folder.path, settings),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Offsets that the lake has and that the log has, by partition: equal after a clean stop. */
async function ends(config: Config): Promise<{ readonly log: object; readonly lake: object }> {
  await using offline = await openOffline(config);
  const landed = await lakePositions(offline.lake, TABLES);
  const [log, lake]: [Record<string, number>, Record<string, number>] = [{}, {}];
  for (const { topic, bounds } of await offline.log.topics()) {
    const isLanded = topic.startsWith("raw.") || (topic.startsWith("market.") && topic !== TOPICS.listings);
    if (!isLanded) continue;
    for (const { partition, endOffset } of bounds) {
      log[`${topic}/${partition}`] = endOffset;
      lake[`${topic}/${partition}`] = landed.get(topic, partition) ?? 0;
    }
  }
  return { log, lake };
}

test("SIGTERM at full rate: all that the raw log has is in the lake, and the next start goes on cleanly", {
  timeout: TEST_MS_MAX,
}, async () => {
  await using scene = await openScene();
  const { server, config, configFile } = scene;
  const raw = new RawLogWatch(join(config.folder, "log"));
  await using k2 = new K2Process(["up", "--config", configFile]);
  await until("trades flow", async () => (await k2.health()).pipeline.trades > 0);
  await pause(RUNNING_MS);
  const memoryPeakMb = k2.memoryPeakMb;
  const askedMs = performance.now();
  expect(await k2.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  const stopMs = performance.now() - askedMs;
  server.pause(); // What was sent and not recorded is enough for the last start.
  expect(k2.complaints).toEqual([]);
  await raw.read();
  expect(raw.sockets.map(({ isClosed }) => isClosed)).toEqual(Object.keys(FEEDS).map(() => true));
  const { log, lake } = await ends(config);
  expect(lake).toEqual(log);
  console.info(`${raw.records} raw records, ${memoryPeakMb} MB, stopped in ${stopMs.toFixed(0)} ms`);

  // Nothing new: a second start finds everything as it was left, and stops at once.
  for (const feed of Object.keys(FEEDS)) server.rewind({ feed });
  await using quiet = new K2Process(["up", "--config", configFile]);
  await until("all feeds are live", async () => (await quiet.health()).feeds.every(({ state }) => state === "live"));
  expect(await quiet.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(quiet.complaints).toEqual([]);
  const after = await ends(config);
  expect(after.lake).toEqual(after.log);
  expect(tradesOf(after.log)).toEqual(tradesOf(log));

  rewindServer(server, raw.lastIds, 0); // Exactly after what the raw log has: not one trade of it may be missing.
  await using again = new K2Process(["up", "--config", configFile]);
  await again.url;
  await untilAllIsTaken(again, server);
  expect(await again.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  await using offline = await openOffline(config);
  for (const { feed, symbol, sent, stored } of await compareSentAndStored(offline.query, server.ledger()))
    expect({ feed, symbol, ...stored }).toEqual({ feed, symbol, ...sent, distinctIds: sent.trades });
  expect(await rowsOf(offline, "SELECT DISTINCT cause FROM silver.gaps")).toEqual([{ cause: "shutdown" }]);
});

function tradesOf(ends: object): object {
  return Object.fromEntries(Object.entries(ends).filter(([partition]) => partition.startsWith(TOPICS.trades)));
}

test("a second Ctrl-C ends K2 at once, and nothing that was acknowledged is lost", {
  timeout: TEST_MS_MAX,
}, async () => {
  await using scene = await openScene();
  const { server, config, configFile } = scene;
  const raw = new RawLogWatch(join(config.folder, "log"));
  await using k2 = new K2Process(["up", "--config", configFile]);
  await until("trades flow", async () => (await k2.health()).pipeline.trades > 0);
  await pause(RUNNING_MS);
  k2.signal("SIGINT");
  await until("it says that it stops", () => k2.output.includes("Stopping"), { everyMs: 1 });
  const askedMs = performance.now();
  expect(await k2.stop("SIGINT")).toEqual({ code: 130, signal: null });
  expect(performance.now() - askedMs).toBeLessThan(2_000);
  server.pause();

  await raw.read();
  rewindServer(server, raw.lastIds, 0);
  await using again = new K2Process(["up", "--config", configFile]);
  await again.url;
  await untilAllIsTaken(again, server);
  expect(await again.stop()).toEqual({ code: 0, signal: null });
  await using offline = await openOffline(config);
  for (const { feed, symbol, sent, stored } of await compareSentAndStored(offline.query, server.ledger()))
    expect({ feed, symbol, ...stored }).toEqual({ feed, symbol, ...sent, distinctIds: sent.trades });
});

test("a start that fails half-way ends the process and says what to do", { timeout: TEST_MS_MAX }, async () => {
  await using scene = await openScene();
  await using k2 = new K2Process(["up", "--config", scene.configFile, "--port", String(scene.server.port)]);
  expect(await k2.ended, k2.errors).toEqual({ code: 1, signal: null });
  expect(k2.errors).toMatch(/^k2: Port \d+ on 127\.0\.0\.1 is taken/m);
  await using next = new K2Process(["up", "--config", scene.configFile]);
  await next.url;
  await using beside = new K2Process(["up", "--config", scene.configFile]);
  expect(await beside.ended, beside.errors).toEqual({ code: 1, signal: null });
  expect(beside.errors).toMatch(/^k2: Cannot open the log .* holds it/m);
  expect(await next.stop()).toEqual({ code: 0, signal: null });
});
