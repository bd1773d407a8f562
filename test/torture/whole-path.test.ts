import { expect, test } from "vitest";
import { openDataFolder } from "../../src/app/data-folder.ts";
import { verify } from "../../src/app/verify.ts";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { rowsOf, temporaryFolder, testConfig } from "../end-to-end/harness.ts";
import { TORTURED_FEEDS, TortureRun } from "./torture-run.ts";
import { type ExpectedTrade, type TortureFrame, TortureStream } from "./torture-stream.ts";

/** Of some minutes. */
const FRAMES = 3_000;
const STEP_US = 80_000;
/** Nobody listens there: this K2 lives of what its raw log holds. */
const NOWHERE = "ws://127.0.0.1:1/";

test("tortured frames in the raw log of a whole K2: the lake has every good trade exactly and every bad one's bytes, and `k2 verify` agrees", async () => {
  using folder = temporaryFolder();
  const feeds = TORTURED_FEEDS.map((feed) => ({ ...feed, url: NOWHERE }));
  const config = testConfig(folder.path, { mode: "live", feeds, lake: { commitAgeMs: 1_000, firstCommitAgeMs: 500 } });
  const stream = new TortureStream(7, STEP_US);
  const frames = [...stream.first()];
  while (frames.length < FRAMES) frames.push(stream.next());
  {
    await using run = await TortureRun.open(openDataFolder(config).log);
    await run.append(frames);
  }
  const expected = new Map(frames.flatMap(({ trades }) => trades.map((trade) => [trade.key, trade] as const)));
  {
    await using k2 = await startK2(config, { logger: silentLogger });
    await k2.settled();
    await expectStored(k2, expected, frames);
  }
  // Started again with all of it in the lake.
  {
    await using k2 = await startK2(config, { logger: silentLogger });
    await k2.settled();
    await expectStored(k2, expected, frames);
  }
  const { ok, checks } = await verify(config);
  expect(checks.flatMap(({ differences }) => differences)).toEqual([]);
  expect(ok).toBe(true);
}, 180_000);

type Queried = Parameters<typeof rowsOf>[0];

async function expectStored(
  k2: Queried,
  expected: ReadonlyMap<string, ExpectedTrade>,
  frames: readonly TortureFrame[],
): Promise<void> {
  const rows = await rowsOf(
    k2,
    `SELECT venue || '|' || raw_symbol || '|' || trade_id AS key, CAST(CAST(price AS DECIMAL(28,8)) * 100000000 AS HUGEINT)::VARCHAR AS price,
       CAST(CAST(size AS DECIMAL(28,8)) * 100000000 AS HUGEINT)::VARCHAR AS size, side, epoch_us(ts_event) AS time, unit FROM silver.trades`,
  );
  const problems = rows.flatMap(({ key, price, size, side, time, unit }) => {
    const trade = expected.get(String(key));
    const isSame =
      trade !== undefined &&
      String(trade.price) === price &&
      String(trade.size) === size &&
      trade.side === side &&
      trade.timeUs === Number(time) &&
      Number(unit) === 1;
    return isSame ? [] : [`${key} ${price} ${size} ${side} ${time} ${unit}`];
  });
  expect(problems).toEqual([]);
  expect(rows.length).toBe(expected.size);
  expect(new Set(rows.map(({ key }) => key)).size).toBe(expected.size);
  await expectQuarantined(k2, frames);
  await expectJudged(k2);
}

/** Each minute that is over counts the trades that the table has of it, and their latency. */
async function expectJudged(k2: Queried): Promise<void> {
  const minutes = await rowsOf(
    k2,
    `SELECT venue, symbol, raw_symbol, start::VARCHAR AS start, trades, latency_min_us, latency_max_us FROM ops.quality ORDER BY ALL`,
  );
  const counted = await rowsOf(
    k2,
    `SELECT venue, symbol, raw_symbol, time_bucket(INTERVAL 1 MINUTE, ts_recv)::VARCHAR AS start, count(*) AS trades,
       min(epoch_us(ts_recv) - epoch_us(ts_event)) AS latency_min_us, max(epoch_us(ts_recv) - epoch_us(ts_event)) AS latency_max_us
     FROM silver.trades WHERE time_bucket(INTERVAL 1 MINUTE, ts_recv) IN (SELECT start FROM ops.quality) GROUP BY ALL ORDER BY ALL`,
  );
  expect(minutes.length).toBeGreaterThan(20);
  expect(minutes.filter(({ trades }) => Number(trades) > 0)).toEqual(counted);
}

/** Each refused frame's bytes stand in quarantine once. */
async function expectQuarantined(k2: Queried, frames: readonly TortureFrame[]): Promise<void> {
  const kept = await rowsOf(
    k2,
    "SELECT feed, _raw_offset AS place, hex(payload) AS bytes FROM silver.quarantine WHERE frame_index IS NULL OR octet_length(payload) > 0",
  );
  const byPlace = new Map(kept.map(({ feed, place, bytes }) => [`${feed} ${place}`, String(bytes)]));
  const offsets = new Map<string, number>();
  const missing: string[] = [];
  for (const { feed, payload, refusals } of frames) {
    const offset = offsets.get(feed) ?? 0;
    offsets.set(feed, offset + 1);
    if (refusals.every(({ optional }) => optional === true)) continue;
    const bytes = byPlace.get(`${feed} ${offset}`);
    if (bytes?.toLowerCase() !== Buffer.from(payload).toString("hex")) missing.push(`${feed} ${offset}`);
  }
  expect(missing).toEqual([]);
}
