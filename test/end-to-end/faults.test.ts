import { describe, expect, test } from "vitest";
import { BAR_INTERVALS } from "../../src/domain/index.ts";
import type { BarRow } from "../../src/query/index.ts";
import type { FaultPlan } from "../../src/venue-server/index.ts";
import { sharedData } from "../shared-data.ts";
import { playCaptures, rowsOf, type Scene, type SceneOptions } from "./harness.ts";

const FAULTS: FaultPlan = {
  seed: 7,
  rules: [
    { kind: "disconnect", at: [9, 17, 30] },
    { kind: "duplicate", probability: 0.05 },
    { kind: "reorder", probability: 0.05, windowMax: 6 },
  ],
};

const RECORDINGS = [
  {
    feed: "binance-usdm",
    file: "ws/binance/hftbacktest/usdm_btcusdt_20230404.dat.gz",
    symbols: ["BTC-USDT-PERP"],
    trades: 2197,
  },
  {
    feed: "bybit-linear",
    file: "ws/bybit/v5-linear-20260809.jsonl.gz",
    symbols: ["BTC-USDT-PERP", "ETH-USDT-PERP", "SOL-USDT-PERP", "DOGE-USDT-PERP"],
    trades: 327,
  },
  {
    feed: "coinbase",
    file: "ws/coinbase/advanced-trade-20260809-part1.jsonl.gz",
    symbols: ["BTC-USD-SPOT", "ETH-USD-SPOT"],
    trades: 257,
  },
  {
    feed: "bybit-v2",
    file: "ws/bybit/v2-inverse-20210417.jsonl.gz",
    symbols: ["BTC-USD:BTC-PERP", "EOS-USD:EOS-PERP"],
    trades: 150,
  },
  {
    feed: "okx",
    file: "ws/other/okx-20220513.jsonl.gz",
    symbols: ["BTC-USDT-SPOT", "UNI-USD:UNI-PERP", "BTC-USD:BTC-FUT-20220527"],
    trades: 74,
  },
] as const;

/** All that does not depend on when and how often a frame came. */
const TRADES_SQL = `SELECT venue, symbol, raw_symbol, trade_id, price, size, unit, side, ts_event, ts_event_nanos, sequence, frame_index,
  executions, flags, source FROM silver.trades ORDER BY ALL`;

async function everyBar({ k2 }: Scene): Promise<readonly object[]> {
  const pages = await Promise.all(
    BAR_INTERVALS.map((interval) =>
      k2.query.bars({ interval, order: "ascending", limit: 10_000, includeOpen: true, fill: "none" }),
    ),
  );
  return pages.flatMap(({ rows }) => rows.map(withoutHistory));
}

/** What a bar is, without how it came to be known. */
function withoutHistory({
  revision: _revision,
  knownAt: _knownAt,
  cause: _cause,
  complete: _complete,
  ...bar
}: BarRow): object {
  return bar;
}

async function outcome(
  options: SceneOptions,
): Promise<{ readonly trades: readonly object[]; readonly bars: readonly object[]; readonly scene: object }> {
  await using scene = await playCaptures(options);
  const { feeds } = scene.k2.pipeline.status();
  const [gaps] = await rowsOf(scene.k2, "SELECT count(*) AS opened FROM silver.gaps WHERE state = 'open'");
  const [feed] = Object.values(feeds);
  return {
    trades: await rowsOf(scene.k2, TRADES_SQL),
    bars: await everyBar(scene),
    scene: { duplicates: (feed?.duplicates ?? 0) > 0, gaps: Number(gaps?.["opened"]) > 0 },
  };
}

describe.each(RECORDINGS)("$feed", ({ feed, file, symbols, trades }) => {
  const path = sharedData(file);

  test.skipIf(path === undefined)("disconnects, duplicates and reordering change no trade and no bar", async () => {
    const captures = [{ feed, paths: [path ?? ""], symbols }];
    const clean = await outcome({ captures });
    const disturbed = await outcome({ captures, faults: FAULTS });
    expect(disturbed.scene).toEqual({ duplicates: true, gaps: true });
    expect(disturbed.trades).toEqual(clean.trades);
    expect(disturbed.bars).toEqual(clean.bars);
    expect(clean.trades).toHaveLength(trades);
  });
});
