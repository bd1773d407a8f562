import type { Config } from "../../src/app/config.ts";
import { Owned } from "../../src/app/owned.ts";
import { type K2, startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { startVenueServer, type VenueServer } from "../../src/venue-server/index.ts";
import { temporaryFolder, testConfig } from "./harness.ts";

export interface MarketFeed {
  readonly feed: string;
  readonly symbols: readonly string[];
  readonly channels?: readonly string[];
  /** False: nobody is asked for what this feed missed. */
  readonly heals?: boolean;
}

export interface PlayedMarket {
  readonly feeds: readonly MarketFeed[];
  readonly tradesPerSecond: number;
}

/** K2 on markets that are played to it, each by a server of its own. */
export interface MarketScene extends AsyncDisposable {
  readonly k2: K2;
  readonly servers: readonly VenueServer[];
  readonly config: Config;
  /** Ends K2 and starts it again on the same folder, `between` while it does not run. */
  restart(between?: () => Promise<void>): Promise<K2>;
  resume(): void;
  pause(): void;
  /** Waits until all is taken in and nobody is asked any more. */
  settled(): Promise<void>;
}

/**
 * @param startMs event time of the markets' beginning; they are paused until `resume`
 * @param settings of K2, beside those that all tests have
 */
export async function playMarkets(
  markets: readonly PlayedMarket[],
  startMs: number,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<MarketScene> {
  const owned = new Owned();
  try {
    return await play(markets, { startMs, settings }, owned);
  } catch (error) {
    await owned.dispose();
    throw error;
  }
}

async function play(
  markets: readonly PlayedMarket[],
  { startMs, settings }: { readonly startMs: number; readonly settings: Readonly<Record<string, unknown>> },
  owned: Owned,
): Promise<MarketScene> {
  const folder = temporaryFolder();
  owned.add({ [Symbol.asyncDispose]: async () => folder[Symbol.dispose]() });
  const servers: VenueServer[] = [];
  const feeds: object[] = [];
  for (const { feeds: played, tradesPerSecond } of markets) {
    const startTimeNs = BigInt(startMs) * 1_000_000n;
    const names = played.map(({ feed }) => feed);
    const source = {
      kind: "market",
      seed: 5,
      tradesPerSecond,
      feeds: names,
      assets: ["BTC", "ETH"],
      startTimeNs,
    } as const;
    const server = owned.add(await startVenueServer({ source, paused: true }));
    servers.push(server);
    for (const { heals = true, ...feed } of played) {
      feeds.push({
        ...{ ...feed, url: server.url(feed.feed) },
        ...(heals ? { restUrl: server.restUrl(feed.feed) } : {}),
      });
    }
  }
  const config = testConfig(folder.path, { mode: "live", feeds, ...settings });
  const running: { k2: K2 } = { k2: await startK2(config, { logger: silentLogger }) };
  owned.add({ [Symbol.asyncDispose]: () => running.k2[Symbol.asyncDispose]() });
  await untilLive(running.k2);
  return {
    get k2() {
      return running.k2;
    },
    servers,
    config,
    async restart(between) {
      await running.k2[Symbol.asyncDispose]();
      await between?.();
      running.k2 = await startK2(config, { logger: silentLogger });
      await untilLive(running.k2);
      return running.k2;
    },
    resume() {
      for (const server of servers) server.resume();
    },
    pause() {
      for (const server of servers) server.pause();
    },
    async settled() {
      await running.k2.settled();
      await running.k2.healed();
      await running.k2.settled();
    },
    [Symbol.asyncDispose]: () => owned.dispose(),
  };
}

async function untilLive(k2: K2): Promise<void> {
  for (;;) {
    const response = await fetch(`${k2.url}/v1/health`);
    const { feeds } = (await response.json()) as { readonly feeds: readonly { readonly state: string }[] };
    if (feeds.length > 0 && feeds.every(({ state }) => state === "live")) return;
    await pause(20);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Each gap as it was told last. */
export const LAST_GAPS_SQL = `SELECT gap_id, venue, cause, state, resolution, detail FROM silver.gaps
   QUALIFY row_number() OVER (PARTITION BY gap_id ORDER BY _offset DESC) = 1 ORDER BY ALL`;
