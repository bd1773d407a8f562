import { expect, test } from "vitest";
import { startK2 } from "../../src/app/wire.ts";
import { type Abortable, type Clock, silentLogger, systemClock } from "../../src/base/index.ts";
import type { QualityRow, QuoteQualityRow } from "../../src/query/index.ts";
import { startVenueServer } from "../../src/venue-server/index.ts";
import { temporaryFolder, testConfig } from "./harness.ts";

const START_NS = BigInt(Date.parse("2026-10-31T12:00:02Z")) * 1_000_000n;
const SPEED = 20;
const FEEDS = [
  { feed: "kraken", symbols: ["BTC-USD-SPOT"], channels: ["trade", "book-10"] },
  { feed: "coinbase", symbols: ["BTC-USD-SPOT"], channels: ["market_trades", "level2"] },
];

/** The market's time: stands still until it runs, then as fast as the market is played. */
class MarketClock implements Clock {
  #startedMs: number | undefined;

  run(): void {
    this.#startedMs = systemClock.monotonicMs();
  }

  nowNs(): bigint {
    const elapsedMs = this.#startedMs === undefined ? 0 : systemClock.monotonicMs() - this.#startedMs;
    return START_NS + BigInt(Math.round(elapsedMs * SPEED * 1_000)) * 1_000n;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  sleep(durationMs: number, options?: Abortable): Promise<void> {
    return systemClock.sleep(durationMs, options);
  }
}

test("minutes of trades and of quotes of a running market are judged, stored and answered over HTTP; quotes are streamed", {
  timeout: 120_000,
}, async () => {
  using folder = temporaryFolder();
  await using server = await startVenueServer({
    source: {
      kind: "market",
      seed: 7,
      tradesPerSecond: 20,
      startTimeNs: START_NS,
      feeds: FEEDS.map(({ feed }) => feed),
    },
    speed: SPEED,
    paused: true,
  });
  const feeds = FEEDS.map((feed) => ({ ...feed, url: server.url(feed.feed), source: "replay" as const }));
  const clock = new MarketClock();
  await using k2 = await startK2(testConfig(folder.path, { feeds, healing: { enabled: false } }), {
    logger: silentLogger,
    receiveClock: clock,
  });
  const socket = new WebSocket(`${k2.url.replace("http", "ws")}/v1/stream`);
  const streamed: unknown[] = [];
  socket.onopen = () => socket.send(JSON.stringify({ op: "subscribe", id: 1, channel: "quotes" }));
  socket.onmessage = ({ data }) => {
    const { type, rows = [] } = JSON.parse(String(data)) as {
      readonly type: string;
      readonly rows?: readonly object[];
    };
    if (type === "update") streamed.push(...rows);
  };
  server.resume();
  clock.run();
  const answer = async <Row>(path: string): Promise<readonly Row[]> =>
    ((await (await fetch(k2.url + path)).json()) as { readonly rows: readonly Row[] }).rows;
  /** The rows of the first minute that both venues were quoted throughout. */
  const wholeMinute = async (): Promise<readonly QuoteQualityRow[]> => {
    const rows = (await answer<QuoteQualityRow>("/v1/quality/quotes?order=asc")).filter(
      ({ flags }) => flags.length === 0,
    );
    const first = rows.find(({ start }, index) => rows[index + 1]?.start === start);
    return rows.filter(({ start }) => start === first?.start);
  };
  await expect.poll(async () => (await wholeMinute()).length, { timeout: 90_000 }).toBe(2);
  const whole = await wholeMinute();
  expect(whole.map(({ venue }) => venue)).toEqual(["coinbase", "kraken"]);
  for (const row of whole) {
    expect(row.quotedUs).toBeGreaterThan(0);
    expect(row.comparedUs).toBeGreaterThan(0);
    expect(row.comparedUs).toBeLessThanOrEqual(row.quotedUs);
    expect(row.crossedUs + row.lockedUs).toBeLessThanOrEqual(2 * row.comparedUs);
    expect(row.spreadMinPpb ?? -1).toBeGreaterThan(0);
    expect(row.spreadMaxPpb ?? -1).toBeGreaterThanOrEqual(row.spreadMeanPpb ?? 0);
    expect(row).toMatchObject({ ownCrossedUs: 0, flags: [], source: "replay" });
  }
  // A crossing is of both.
  expect(whole[0]?.crossedUs).toBe(whole[1]?.crossedUs);
  expect(whole[0]?.lockedUs).toBe(whole[1]?.lockedUs);
  const trades = await answer<QualityRow>(`/v1/quality?order=asc&start=${whole[0]?.start}&limit=2`);
  expect(trades.map(({ venue, trades: count }) => [venue, count > 0])).toEqual([
    ["coinbase", true],
    ["kraken", true],
  ]);
  expect(streamed.length).toBeGreaterThan(10);
  expect(streamed[0]).toMatchObject({ symbol: "BTC-USD-SPOT", origin: "book", source: "replay" });
  socket.close();
});
