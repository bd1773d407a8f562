import { expect, test } from "vitest";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { startVenueServer, type VenueServer } from "../../src/venue-server/index.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";
import { until } from "./k2-process.ts";
import { LAST_GAPS_SQL, pause } from "./market-scene.ts";

const FEED = "binance";

interface FeedHealth {
  readonly state: string;
  readonly url: string;
  readonly frames: number;
}

async function healthOf(url: string): Promise<FeedHealth> {
  const { feeds } = (await (await fetch(`${url}/v1/health`)).json()) as { readonly feeds: readonly FeedHealth[] };
  return feeds[0] ?? { state: "", url: "", frames: 0 };
}

test.each(["worker", "none"])(
  "a feed (%s) one of whose endpoints dies goes on at the other, and what it missed is named and healed",
  {
    timeout: 120_000,
  },
  async (isolation) => {
    const startMs = Date.now() + 2_500;
    const endpoint = (): Promise<VenueServer> =>
      startVenueServer({
        source: {
          kind: "market",
          seed: 5,
          tradesPerSecond: 300,
          feeds: [FEED],
          startTimeNs: BigInt(startMs) * 1_000_000n,
        },
        paused: true,
      });
    using folder = temporaryFolder();
    await using spare = await endpoint();
    const dying = await endpoint();
    const symbols = ["BTC-USDT-SPOT", "ETH-USDT-SPOT"];
    const urls = [dying, spare].map((server) => server.url(FEED));
    const config = testConfig(folder.path, {
      ...{ mode: "live", capture: { isolation } },
      feeds: [{ feed: FEED, symbols, urls, restUrl: spare.restUrl(FEED) }],
    });
    try {
      await using k2 = await startK2(config, { logger: silentLogger });
      await until("live", async () => (await healthOf(k2.url)).state === "live");
      await pause(Math.max(0, startMs - Date.now()));
      for (const server of [dying, spare]) server.resume();
      await until("frames of the first", async () => (await healthOf(k2.url)).frames > 200);
      expect((await healthOf(k2.url)).url).toBe(urls[0]);
      await dying[Symbol.asyncDispose]();
      await until("live at the second", async () => {
        const { state, url } = await healthOf(k2.url);
        return state === "live" && url === urls[1];
      });
      const { frames } = await healthOf(k2.url);
      await until("frames of the second", async () => (await healthOf(k2.url)).frames > frames + 200);
      spare.pause();
      await k2.settled();
      await k2.healed();
      await k2.settled();
      const gaps = await rowsOf(k2, LAST_GAPS_SQL);
      expect(gaps).toMatchObject([
        { gap_id: `${FEED}/0#1`, cause: "disconnect", state: "closed", resolution: "healed" },
      ]);
      const whole = await rowsOf(
        k2,
        `SELECT raw_symbol, count(*) - count(DISTINCT trade_id) AS doubled, max(trade_id::BIGINT) - min(trade_id::BIGINT) + 1 - count(*) AS missing,
         count(*) FILTER (WHERE source = 'backfill') > 0 AS healed
       FROM silver.trades GROUP BY ALL ORDER BY ALL`,
      );
      const none = { doubled: "0", missing: "0", healed: true };
      expect(whole).toEqual(["BTCUSDT", "ETHUSDT"].map((rawSymbol) => ({ raw_symbol: rawSymbol, ...none })));
    } finally {
      await dying[Symbol.asyncDispose]();
    }
  },
);
