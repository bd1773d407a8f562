import type { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { backfill } from "../../src/app/healing/backfill.ts";
import { openOffline } from "../../src/app/offline.ts";
import { verify } from "../../src/app/verify.ts";
import { formatInstant, parseInstant } from "../../src/domain/index.ts";
import type { RestFaultPlan } from "../../src/venue-server/index.ts";
import { rowsOf } from "./harness.ts";
import { until } from "./k2-process.ts";
import { LAST_GAPS_SQL, type MarketScene, pause, playMarkets } from "./market-scene.ts";

const TRADES_PER_SECOND = 300;
const START_AFTER_MS = 5_000;
const TIMEOUT_MS = 120_000;

const BINANCE = { feed: "binance", symbols: ["BTC-USDT-SPOT"] };
const KRAKEN = { feed: "kraken", symbols: ["BTC-USD-SPOT"] };

/** Ids that are missing between a listing's first and last. */
async function missingIds({ k2 }: Pick<MarketScene, "k2">): Promise<readonly object[]> {
  return rowsOf(
    k2,
    `SELECT venue, raw_symbol, max(trade_id::BIGINT) - min(trade_id::BIGINT) + 1 - count(DISTINCT trade_id) AS missing,
       count(*) - count(DISTINCT trade_id) AS doubled
     FROM silver.trades GROUP BY ALL HAVING missing <> 0 OR doubled <> 0`,
  );
}

async function started(...args: Parameters<typeof playMarkets>): Promise<MarketScene> {
  const scene = await playMarkets(...args);
  await pause(Math.max(0, args[1] - Date.now()));
  scene.resume();
  return scene;
}

/** Some frames are lost while the connection stands. */
async function skipSome({ servers }: MarketScene): Promise<void> {
  await pause(1_000);
  for (const server of servers) {
    server.setFaults({ seed: 3, rules: [{ kind: "silence", at: [0], durationMs: 400 }] });
  }
  await pause(1_000);
}

test("refusals with Retry-After, troubles and slow answers delay healing and change nothing else", {
  timeout: TIMEOUT_MS,
}, async () => {
  const market = { feeds: [BINANCE, KRAKEN], tradesPerSecond: TRADES_PER_SECOND };
  await using scene = await started([market], Date.now() + START_AFTER_MS);
  const faults: RestFaultPlan = {
    seed: 1,
    rules: [
      { kind: "too-many-requests", timesMax: 1, retryAfterSeconds: 1 },
      { kind: "unavailable", timesMax: 1, retryAfterSeconds: 0 },
      { kind: "slow", timesMax: 1, durationMs: 200 },
      { kind: "banned", timesMax: 1, retryAfterSeconds: 1 },
    ],
  };
  for (const server of scene.servers) server.setRestFaults(faults);
  await skipSome(scene);
  await pause(4_000);
  scene.pause();
  await scene.settled();
  const gaps = await rowsOf(scene.k2, LAST_GAPS_SQL);
  expect(gaps.length).toBeGreaterThan(0);
  expect(gaps.filter(({ resolution }) => resolution !== "healed")).toEqual([]);
  expect(await missingIds(scene)).toEqual([]);
  // The answers were recorded before anything looked at them, refusals as well.
  const statuses = await rowsOf(
    scene.k2,
    `SELECT DISTINCT json_extract(split_part(decode(payload), chr(10), 1), '$.status')::INTEGER AS status
     FROM bronze.frames WHERE kind = 'fetched' ORDER BY 1`,
  );
  if (statuses.length > 0) expect(statuses.map(({ status }) => Number(status))).toContain(200);
  // Subscribers hear of bars that healing has changed as new revisions of them.
  const revised = await rowsOf(scene.k2, `SELECT count(*) AS n FROM gold.bars WHERE revision > 0 AND cause = 'late'`);
  expect(Number(revised[0]?.["n"])).toBeGreaterThan(0);
});

test("a gap outlives a restart: what could not be asked for is asked for by the next start", {
  timeout: TIMEOUT_MS,
}, async () => {
  await using scene = await started(
    [{ feeds: [BINANCE], tradesPerSecond: TRADES_PER_SECOND }],
    Date.now() + START_AFTER_MS,
  );
  for (const server of scene.servers)
    server.setRestFaults({ seed: 1, rules: [{ kind: "banned", retryAfterSeconds: 600 }] });
  await skipSome(scene);
  await pause(4_000);
  await scene.k2.settled();
  expect(await rowsOf(scene.k2, LAST_GAPS_SQL)).toMatchObject([{ cause: "missed", state: "open" }]);
  await scene.restart(async () => {
    for (const server of scene.servers) server.setRestFaults({ seed: 1, rules: [] });
  });
  await pause(3_000);
  scene.pause();
  await scene.settled();
  const gaps = await rowsOf(scene.k2, LAST_GAPS_SQL);
  // The skipped ids, and what was traded while K2 did not run.
  expect(gaps.map(({ cause, resolution }) => `${cause} ${resolution}`)).toEqual(
    expect.arrayContaining(["missed healed", "shutdown healed"]),
  );
  expect(gaps.filter(({ resolution }) => resolution !== "healed")).toEqual([]);
  expect(await missingIds(scene)).toEqual([]);
});

test("two recorders of one venue, each in a worker of its own, cut in turn and killed, make one stream without a gap", {
  timeout: TIMEOUT_MS,
}, async () => {
  const feeds = ["coinbase", "coinbase-exchange"].map((feed) => ({
    feed,
    symbols: ["BTC-USD-SPOT", "ETH-USD-SPOT"],
    heals: false,
  }));
  const workers = new Map<string, Worker>();
  const keep = (worker: Worker): void => void workers.set(worker.threadName ?? "", worker);
  process.on("worker", keep);
  try {
    const settings = { capture: { isolation: "worker" } };
    const market = { feeds, tradesPerSecond: TRADES_PER_SECOND };
    await using scene = await started([market], Date.now() + START_AFTER_MS, settings);
    for (let turn = 0; turn < 3; turn += 1) {
      await bothLive(scene);
      const feed = feeds[turn % 2]?.feed ?? "";
      if (turn === 2) await workers.get(`k2 ${feed}`)?.terminate();
      else for (const server of scene.servers) server.disconnect({ feed });
    }
    await pause(100); // So that the end of the last one is seen before it is waited for.
    await bothLive(scene);
    scene.pause();
    await scene.settled();
    const gaps = await rowsOf(scene.k2, LAST_GAPS_SQL);
    expect(gaps.filter(({ cause }) => cause === "missed")).toEqual([]);
    expect(gaps.map(({ cause, resolution }) => `${cause} ${resolution}`)).toEqual([
      "error reconnected",
      "error reconnected",
      "crash reconnected",
    ]);
    expect(await missingIds(scene)).toEqual([]);
    const { feeds: counts } = scene.k2.pipeline.status();
    expect(counts["coinbase"]?.trades).toBeGreaterThan(0);
    expect(counts["coinbase-exchange"]?.trades).toBeGreaterThan(0);
  } finally {
    process.off("worker", keep);
  }
});

/** Until both recorders bring data: one may be cut only while the other does not need it. */
async function bothLive({ k2 }: Pick<MarketScene, "k2">): Promise<void> {
  await pause(300);
  const framesMin = new Map<string, number>();
  await until("both recorders bring data", async () => {
    const response = await fetch(`${k2.url}/v1/health`);
    const { feeds } = (await response.json()) as {
      readonly feeds: readonly { readonly feed: string; readonly state: string; readonly frames: number }[];
    };
    return feeds.every(({ feed, state, frames }) => {
      const min = framesMin.get(feed) ?? frames + 50;
      framesMin.set(feed, state === "live" ? min : Number.POSITIVE_INFINITY);
      if (state !== "live") framesMin.delete(feed);
      return state === "live" && frames >= min;
    });
  });
}

test("a venue that tells only its newest thousand trades is asked while the connection is lost, until it is back", {
  timeout: TIMEOUT_MS,
}, async () => {
  const feeds = [{ feed: "binance-usdm", symbols: ["BTC-USDT-PERP"] }];
  await using scene = await started([{ feeds, tradesPerSecond: 400 }], Date.now() + START_AFTER_MS);
  await pause(1_500);
  // Each socket is cut at its first frame, and the next comes later and later: the last after 4 s at least.
  const CUTS = 4;
  for (const server of scene.servers)
    server.setFaults({ seed: 3, rules: [{ kind: "disconnect", probability: 1, timesMax: CUTS }] });
  await until("the connection is back", async () => {
    const closed =
      "SELECT count(DISTINCT gap_id)::INT AS n FROM silver.gaps WHERE cause = 'error' AND state = 'closed'";
    return Number((await rowsOf(scene.k2, closed))[0]?.["n"]) === CUTS;
  });
  await pause(3_000);
  scene.pause();
  await scene.settled();
  const [fetched] = await rowsOf(scene.k2, "SELECT count(*)::INT AS n FROM silver.trades WHERE source = 'backfill'");
  expect(Number(fetched?.["n"])).toBeGreaterThan(1_000);
  const gaps = await rowsOf(scene.k2, LAST_GAPS_SQL);
  expect(gaps.filter(({ resolution }) => resolution !== "healed")).toEqual([]);
  expect(await missingIds(scene)).toEqual([]);
});

test("a loss that outlasts what the venue tells stays a gap, whose bounds are those of what is missing", {
  timeout: TIMEOUT_MS,
}, async () => {
  const feeds = ["binance-usdm", "bybit"].map((feed) => ({
    feed,
    symbols: [feed === "bybit" ? "BTC-USDT-SPOT" : "BTC-USDT-PERP"],
  }));
  await using scene = await started([{ feeds, tradesPerSecond: 2_500 }], Date.now() + START_AFTER_MS);
  await pause(1_500);
  await scene.restart(() => pause(2_500));
  await pause(2_500);
  scene.pause();
  await scene.settled();
  const gaps = await rowsOf(scene.k2, LAST_GAPS_SQL);
  const isLost = ({ resolution }: Readonly<Record<string, unknown>>): boolean =>
    resolution === "partly healed" || resolution === "beyond the venue's history";
  expect(gaps.filter((gap) => !isLost(gap))).toEqual([]);
  // Both markets number their trades one by one, though bybit does not promise it: so a test can tell what is missing.
  const holes = await rowsOf(
    scene.k2,
    `SELECT venue, before + 1 AS first, id - 1 AS last, before_event::VARCHAR AS from_event, ts_event::VARCHAR AS to_event FROM (
       SELECT venue, id, ts_event, lag(id) OVER w AS before, lag(ts_event) OVER w AS before_event FROM (
         SELECT venue, ts_event, CASE venue WHEN 'bybit' THEN trade_id[3:] ELSE trade_id END::BIGINT AS id FROM silver.trades
       ) WINDOW w AS (PARTITION BY venue ORDER BY id)
     ) WHERE before < id - 1 ORDER BY venue, id`,
  );
  const details = new Map(gaps.map(({ gap_id: id, detail }) => [String(id), String(detail)]));
  const [hole, ...more] = holes.filter(({ venue }) => venue === "binance-usdm");
  expect(more).toEqual([]);
  const { first, last } = hole ?? {};
  const missed = [...details].filter(([id]) => id.startsWith("binance-usdm|BTCUSDT#"));
  expect(missed.map(([id]) => id)).toEqual([`binance-usdm|BTCUSDT#${first}-${last}`]);
  expect(missed[0]?.[1]).toContain(`still missing are ${Number(last) - Number(first) + 1} ids: ${first} to ${last}`);
  const ofBybit = holes.filter(({ venue }) => venue === "bybit");
  expect(ofBybit.length).toBeGreaterThan(0);
  const iso = (text: unknown): string => formatInstant(parseInstant(String(text).replace("+00", "Z"))?.us ?? 0);
  for (const { from_event: from, to_event: to } of ofBybit) {
    expect(details.get("bybit/0#1")).toContain(`of BTCUSDT what was traded from ${iso(from)} to ${iso(to)} by the`);
  }
});

test("k2 backfill brings what was traded while nothing ran, says so when a K2 runs, and adds nothing twice", {
  timeout: TIMEOUT_MS,
}, async () => {
  await using scene = await started(
    [{ feeds: [BINANCE], tradesPerSecond: TRADES_PER_SECOND }],
    Date.now() + START_AFTER_MS,
  );
  await pause(2_000);
  await scene.k2.settled();
  const [first] = await rowsOf(scene.k2, "SELECT epoch_us(max(ts_event)) AS last_us FROM silver.trades");
  const range = {
    feed: "binance",
    symbol: "BTC-USDT-SPOT",
    startUs: Number(first?.["last_us"]) - 500_000,
    endUs: Date.now() * 1000 + 10_000_000,
  };
  await expect(backfill(scene.config, range)).rejects.toThrow(/there can be only one/);
  await scene.restart(async () => {
    await pause(1_000);
    scene.pause();
    expect(await backfill(scene.config, { ...range, dryRun: true })).toMatchObject({
      coverage: "not asked",
      requests: 0,
    });
    const report = await backfill(scene.config, range);
    expect(report).toMatchObject({ coverage: "whole", detail: "" });
    expect(report.newTrades).toBeGreaterThan(50);
    expect(report.answeredTrades).toBeGreaterThan(report.newTrades);
    expect(await backfill(scene.config, range)).toMatchObject({ coverage: "whole", newTrades: 0 });
    const checks = await verify(scene.config);
    expect(checks.checks.flatMap(({ differences }) => differences)).toEqual([]);
    await using offline = await openOffline(scene.config);
    const { rows } = await offline.query.sql("SELECT count(*) FROM silver.trades WHERE source = 'backfill'");
    expect(Number(rows[0]?.[0])).toBe(report.newTrades);
  });
  await scene.settled();
  expect(await missingIds(scene)).toEqual([]);
});

test("what nobody can be asked for is named so", { timeout: TIMEOUT_MS }, async () => {
  await using scene = await started(
    [{ feeds: [{ ...BINANCE, heals: false }], tradesPerSecond: TRADES_PER_SECOND }],
    Date.now() + START_AFTER_MS,
  );
  await skipSome(scene);
  await pause(3_000);
  scene.pause();
  await scene.settled();
  const gaps = await rowsOf(scene.k2, LAST_GAPS_SQL);
  expect(gaps).toMatchObject([{ cause: "missed", state: "closed", resolution: "not offered by the venue" }]);
});
