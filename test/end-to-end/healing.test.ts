import { expect, test } from "vitest";
import type { FaultPlan } from "../../src/venue-server/index.ts";
import { rowsOf } from "./harness.ts";
import { LAST_GAPS_SQL, type MarketFeed, type MarketScene, pause, playMarkets } from "./market-scene.ts";

/** Seconds of disturbance; ten minutes with K2_HEALING_SECONDS=600. */
const SECONDS = Number(process.env["K2_HEALING_SECONDS"] ?? 6);
const CALM_SECONDS = 6;
/** Of a socket, trades among them. */
const FRAMES_OF_FLOW = 20;
const TRADES_PER_SECOND = Number(process.env["K2_HEALING_RATE"] ?? 1_500);
/** The markets begin this long after the test, so that event times are like those of a real venue. */
const START_AFTER_MS = 10_000;

/** Venues that tell all of their past. */
const WITH_HISTORY: readonly MarketFeed[] = [
  { feed: "binance", symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT"] },
  { feed: "kraken", symbols: ["BTC-USD-SPOT", "ETH-USD-SPOT"] },
  { feed: "coinbase", symbols: ["BTC-USD-SPOT", "ETH-USD-SPOT"] },
  { feed: "okx", symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT"], channels: ["trades-all"] },
];
/** Venues that tell their last thousand trades: at the rate of a busy day those are some twenty seconds. */
const NEWEST_ONLY: readonly MarketFeed[] = [
  { feed: "binance-usdm", symbols: ["BTC-USDT-PERP", "ETH-USDT-PERP"] },
  { feed: "binance-coinm", symbols: ["BTC-USD:BTC-PERP", "ETH-USD:ETH-PERP"] },
  { feed: "bybit-linear", symbols: ["BTC-USDT-PERP", "ETH-USDT-PERP"] },
];
const NEWEST_ONLY_PER_SECOND = 120;

/** Cuts, stalls and skips. What a venue without ids that follow each other skips, nobody could notice. */
function faultsOf(feeds: readonly MarketFeed[], probability: number): FaultPlan {
  return {
    seed: 11,
    rules: feeds.flatMap(({ feed }) => [
      { kind: "disconnect" as const, feed, probability },
      ...(feed === "bybit-linear" ? [] : [{ kind: "silence" as const, feed, probability, durationMs: 300 }]),
      { kind: "delay" as const, feed, probability, durationMs: 200 },
      { kind: "reorder" as const, feed, probability: 0.01, windowMax: 5 },
    ]),
  };
}

const MARKETS = [
  { feeds: WITH_HISTORY, tradesPerSecond: TRADES_PER_SECOND, faults: faultsOf(WITH_HISTORY, 0.002) },
  { feeds: NEWEST_ONLY, tradesPerSecond: NEWEST_ONLY_PER_SECOND, faults: faultsOf(NEWEST_ONLY, 0.01) },
];

type Row = Readonly<Record<string, unknown>>;

/** Over minutes, some cut lasts longer than a thousand trades: then they are lost, where the venue tells no older ones. */
function mayBeBeyond({ venue, resolution }: Row): boolean {
  const isLost = resolution === "partly healed" || resolution === "beyond the venue's history";
  return SECONDS > 60 && isLost && NEWEST_ONLY.some(({ feed }) => feed === venue);
}

/** How many rows only one of both has, and the first few of them. */
function differences(rows: readonly object[], expected: readonly object[]): readonly string[] {
  const [left, right] = [new Set(rows.map(textOf)), new Set(expected.map(textOf))];
  const added = [...left].filter((row) => !right.has(row)).map((row) => `+ ${row}`);
  const missing = [...right].filter((row) => !left.has(row)).map((row) => `- ${row}`);
  if (added.length + missing.length === 0) return [];
  return [`${added.length} more, ${missing.length} missing`, ...added.slice(0, 5), ...missing.slice(0, 5)];
}

/**
 * Until every connection that was cut brings data again: before that nobody can be asked for what it missed. On a busy
 * machine that may be later than the calm, and with a market that has stopped it would be never.
 */
async function untilAllFlow({ k2 }: MarketScene): Promise<void> {
  const framesMin = new Map<string, number>();
  for (;;) {
    const response = await fetch(`${k2.url}/v1/health`);
    const { feeds } = (await response.json()) as { readonly feeds: readonly ConnectionHealth[] };
    const waiting = feeds.filter(({ connection, state, frames }) => {
      if (state !== "live") {
        framesMin.delete(connection);
        return true;
      }
      if (!framesMin.has(connection)) framesMin.set(connection, frames + FRAMES_OF_FLOW);
      return frames < (framesMin.get(connection) ?? 0);
    });
    if (waiting.length === 0) return;
    await pause(50);
  }
}

interface ConnectionHealth {
  readonly connection: string;
  readonly state: string;
  readonly frames: number;
}

const textOf = (row: object): string => Object.values(row).join(" ");

/** All of a trade but when it came. */
const tradesSql = (untilUs: number): string =>
  `SELECT venue, symbol, raw_symbol, trade_id, price, size, unit, side, ts_event, ts_event_nanos, sequence, executions, replace(flags, 'snapshot', '') AS flags
   FROM silver.trades WHERE epoch_us(ts_event) < ${untilUs} ORDER BY ALL`;
const barsSql = (untilUs: number): string =>
  `SELECT venue, raw_symbol, "interval", start, open, high, low, close, volume, quote_volume, buy_volume, sell_volume, trades
   FROM gold.bars WHERE "interval" = '1s' AND epoch_us(start) + 1000000 <= ${untilUs}
   QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, "interval", start ORDER BY revision DESC) = 1 ORDER BY ALL`;
test("what cuts, stalls and skips have left out is named and healed: trades and bars are those of an undisturbed run", {
  timeout: (2 * SECONDS + CALM_SECONDS + 300) * 1000,
}, async () => {
  const startMs = Date.now() + START_AFTER_MS;
  await using clean = await playMarkets(MARKETS, startMs);
  await using disturbed = await playMarkets(MARKETS, startMs);
  await pause(Math.max(0, startMs - Date.now()));
  disturbed.servers.forEach((server, index) => {
    server.setFaults(MARKETS[index]?.faults ?? { seed: 0, rules: [] });
  });
  for (const scene of [clean, disturbed]) scene.resume();
  await pause(SECONDS * 1000);
  for (const server of disturbed.servers) server.setFaults({ seed: 0, rules: [] });
  await pause(CALM_SECONDS * 1000);
  await untilAllFlow(disturbed);
  for (const scene of [clean, disturbed]) scene.pause();
  for (const scene of [clean, disturbed]) await scene.settled();
  const untilUs = startMs * 1000 + SECONDS * 1_000_000;
  const gaps = await rowsOf(disturbed.k2, LAST_GAPS_SQL);
  const [trades, expected] = [
    await rowsOf(disturbed.k2, tradesSql(untilUs)),
    await rowsOf(clean.k2, tradesSql(untilUs)),
  ];
  // What was not healed says so: that comes first, for it names the cause.
  const unhealed = gaps.filter(({ resolution }) => resolution !== "healed" && resolution !== "arrived late");
  expect(unhealed.filter((gap) => !mayBeBeyond(gap))).toEqual([]);
  const told = new Set(unhealed.map(({ venue }) => venue));
  const ofHealed = (rows: readonly Row[]): readonly Row[] => rows.filter(({ venue }) => !told.has(venue));
  expect(differences(ofHealed(trades), ofHealed(expected))).toEqual([]);
  const bars = [await rowsOf(disturbed.k2, barsSql(untilUs)), await rowsOf(clean.k2, barsSql(untilUs))] as const;
  expect(differences(ofHealed(bars[0]), ofHealed(bars[1]))).toEqual([]);
  const venues = new Set(gaps.map(({ venue }) => venue));
  expect([...venues]).toContain("bybit-linear");
  expect(venues.size).toBeGreaterThanOrEqual(5);
  expect(expected.length).toBeGreaterThan(SECONDS * TRADES_PER_SECOND * 0.5);
});
