import type { Config } from "../../src/app/config.ts";
import { type FeedConfig, SIMULATED_FEEDS } from "../../src/app/default-feeds.ts";
import { type Offline, openOffline } from "../../src/app/offline.ts";
import { type K2, startK2 } from "../../src/app/wire.ts";
import { type Abortable, type Clock, silentLogger, systemClock } from "../../src/base/index.ts";
import { type LedgerTrades, startVenueServer, type VenueServer } from "../../src/venue-server/index.ts";
import { rowsOf, testConfig } from "../end-to-end/harness.ts";
import { sharedData } from "../shared-data.ts";
import { makeInteropFolder } from "./interop-folder.ts";

/** K2 has run, once for each recording and once for the market, and is stopped: its tables are to be read by others. */
export interface MarketScene extends AsyncDisposable {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  /** Relative to `folder`. */
  readonly lake: string;
  readonly catalog: string;
  /** K2's own answers. */
  readonly offline: Offline;
  /** What the venues sent. */
  readonly sent: readonly LedgerTrades[];
  /** The files that were played, each feed's in order. */
  readonly recordings: readonly Recording[];
}

export interface Recording {
  readonly feed: string;
  readonly paths: readonly string[];
  /** In every frame of the channel that K2 subscribes, and in no other. */
  readonly mark: string;
}

const BINANCE = "ws/binance/hftbacktest";
/** In the order of their days. */
const RECORDINGS: readonly (FeedConfig & { readonly files: readonly string[]; readonly mark: string })[] = [
  {
    feed: "binance-usdm",
    symbols: ["BTC-USDT-PERP"],
    mark: "@trade",
    files: [`${BINANCE}/usdm_btcusdt_20230404.dat.gz`, `${BINANCE}/usdm_btcusdt_20230405.dat.gz`], // With an insurance fund print.
  },
  {
    feed: "binance-coinm",
    symbols: ["BTC-USD:BTC-PERP"],
    mark: "@trade",
    files: [`${BINANCE}/cm_btcusd_perp_20240808.gz`],
  },
  {
    feed: "binance",
    symbols: ["BTC-USDT-SPOT"],
    mark: "@trade",
    files: [`${BINANCE}/spot_btcusdt_20240808.gz`, `${BINANCE}/spot_btcusdt_20240809.gz`], // Across midnight.
  },
  {
    feed: "coinbase",
    symbols: ["BTC-USD-SPOT", "ETH-USD-SPOT"],
    mark: '"channel":"market_trades"',
    files: ["ws/coinbase/advanced-trade-20260809-part1.jsonl.gz"],
  },
];

/** Two minutes and a half of the simulated market around a midnight, played in eight seconds. */
const MARKET = {
  seed: 20_261_031,
  tradesPerSecond: 60,
  startTimeNs: BigInt(Date.parse("2026-10-31T23:58:50Z")) * 1_000_000n,
};
const SPEED = 20;
const TRADES_MIN = 6_000;
const MARKET_MS_MAX = 60_000;
/** Commits come as fast as they can, so that the tables have many. */
const LAKE = { commitAgeMs: 500, firstCommitAgeMs: 200 };

/** Recordings where there are some, then the simulated market with broken frames and lost connections: all into one folder. */
export async function writeMarket(): Promise<MarketScene> {
  const temporary = await makeInteropFolder();
  const folder = temporary.path;
  const recordings = RECORDINGS.map(({ files, ...feed }) => ({
    ...feed,
    paths: files.map(sharedData).filter((path) => path !== undefined),
  })).filter(({ paths }) => paths.length > 0);
  try {
    const sent: LedgerTrades[] = [];
    for (const recording of recordings) sent.push(...(await playRecording(folder, recording)));
    sent.push(...(await playMarket(folder)));
    const config = configFor(folder, []);
    const offline = await openOffline(config);
    return {
      folder,
      lake: "live/lake",
      catalog: "live/catalog.sqlite",
      offline,
      sent,
      recordings,
      async [Symbol.asyncDispose]() {
        await offline[Symbol.asyncDispose]();
        await temporary[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await temporary[Symbol.asyncDispose]();
    throw error;
  }
}

async function playRecording(
  folder: string,
  { feed, symbols, paths }: FeedConfig & Recording,
): Promise<readonly LedgerTrades[]> {
  await using server = await startVenueServer({
    source: { kind: "captures", captures: [{ feed, paths }] },
    speed: "max",
    paused: true,
    lockstep: true,
  });
  await using k2 = await startWith(folder, { server, feeds: [{ feed, symbols }], receiveClock: server.recordedClock });
  server.resume();
  await server.finished;
  await k2.settled();
  return server.ledger().trades;
}

async function playMarket(folder: string): Promise<readonly LedgerTrades[]> {
  await using server = await startVenueServer({
    source: { kind: "market", ...MARKET, feeds: SIMULATED_FEEDS.map(({ feed }) => feed) },
    speed: SPEED,
    paused: true,
    faults: {
      seed: 3,
      rules: [
        { kind: "disconnect", at: [150, 700] },
        { kind: "malformed", probability: 0.002 },
        { kind: "wrong-type", probability: 0.002 },
        { kind: "duplicate", probability: 0.02 },
        { kind: "reorder", probability: 0.02, windowMax: 6 },
      ],
    },
  });
  const clock = new MarketClock();
  await using k2 = await startWith(folder, { server, feeds: SIMULATED_FEEDS, receiveClock: clock });
  server.resume();
  clock.run();
  const deadline = AbortSignal.timeout(MARKET_MS_MAX);
  while (sentTrades(server) < TRADES_MIN) await systemClock.sleep(20, { signal: deadline });
  server.pause();
  while ((await storedTrades(k2)) < sentTrades(server)) await systemClock.sleep(20, { signal: deadline });
  await k2.settled();
  return server.ledger().trades;
}

/** The market's time as its feeds receive it: stands still until it runs, then as fast as the market is played. */
class MarketClock implements Clock {
  #startedMs: number | undefined;

  run(): void {
    this.#startedMs = systemClock.monotonicMs();
  }

  nowNs(): bigint {
    const elapsedMs = this.#startedMs === undefined ? 0 : systemClock.monotonicMs() - this.#startedMs;
    return MARKET.startTimeNs + BigInt(Math.round(elapsedMs * SPEED * 1_000)) * 1_000n;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  sleep(durationMs: number, options?: Abortable): Promise<void> {
    return systemClock.sleep(durationMs, options);
  }
}

async function startWith(
  folder: string,
  {
    server,
    feeds,
    receiveClock,
  }: { readonly server: VenueServer; readonly feeds: readonly FeedConfig[]; readonly receiveClock: Clock },
): Promise<K2> {
  const config = configFor(
    folder,
    feeds.map((feed) => ({ ...feed, url: server.url(feed.feed), source: "replay" as const })),
  );
  const k2 = await startK2(config, { logger: silentLogger, receiveClock });
  for (;;) {
    const response = await fetch(`${k2.url}/v1/health`);
    const { feeds: health } = (await response.json()) as { readonly feeds: readonly { readonly state: string }[] };
    if (health.length >= feeds.length && health.every(({ state }) => state === "live")) return k2;
    await systemClock.sleep(20);
  }
}

function configFor(folder: string, feeds: readonly FeedConfig[]): Config {
  return testConfig(folder, { mode: "live", feeds, lake: LAKE });
}

function sentTrades(server: VenueServer): number {
  return server.ledger().trades.reduce((sum, { trades }) => sum + trades, 0);
}

async function storedTrades(k2: K2): Promise<number> {
  const [row] = await rowsOf(
    k2,
    `SELECT count(*) AS trades FROM silver.trades WHERE ts_recv >= make_timestamptz(${MARKET.startTimeNs / 1_000n})`,
  );
  return Number(row?.["trades"]);
}
