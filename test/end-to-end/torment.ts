import { feedById } from "../../src/feeds/index.ts";
import { ID_HOLD_US } from "../../src/pipeline/id-continuity.ts";
import type { FaultPlan } from "../../src/venue-server/index.ts";
import { rowsOf } from "./harness.ts";
import { until } from "./k2-process.ts";
import {
  LAST_GAPS_SQL,
  type MarketFeed,
  type MarketScene,
  type PlayedMarket,
  pause,
  playMarkets,
} from "./market-scene.ts";

/** A feed of the runs in which venues cut, stall and skip. */
export interface TormentedFeed extends MarketFeed {
  /** What numbers its messages shows that some are missing: it may skip, and tell them in another order. */
  readonly isNumbered: boolean;
  /** Its channel of books. */
  readonly book: string;
  /** Frames of books for one of trades. */
  readonly bookFrames: number;
  /** About its part of the trades of all feeds here; others of its venue tell the same. */
  readonly share: number;
}

const DOLLAR = ["BTC-USD-SPOT", "ETH-USD-SPOT"];
const TETHER = ["BTC-USDT-SPOT", "ETH-USDT-SPOT"];
const LINEAR = ["BTC-USDT-PERP", "ETH-USDT-PERP"];
const INVERSE = ["BTC-USD:BTC-PERP", "ETH-USD:ETH-PERP"];
const one = { isNumbered: true, bookFrames: 1 };
/** What these leave out while their connection stands nobody can notice. */
const unnumbered = { isNumbered: false, bookFrames: 1 };

/** Venues that tell all of their past, or more of it than any loss here lasts. */
export const WITH_HISTORY: readonly TormentedFeed[] = [
  { feed: "binance", symbols: TETHER, share: 0.17, book: "depth@100ms", ...one },
  { feed: "kraken", symbols: DOLLAR, share: 0.03, book: "book-10", ...one },
  { feed: "coinbase", symbols: DOLLAR, share: 0.07, book: "level2", ...one },
  { feed: "okx", symbols: TETHER, share: 0.1, channels: ["trades-all"], book: "books", ...one },
  { feed: "kraken-futures", symbols: INVERSE, share: 0.035, book: "book", ...unnumbered, bookFrames: 20 },
  { feed: "bitstamp", symbols: DOLLAR, share: 0.035, book: "diff_order_book", ...unnumbered },
  { feed: "gemini", symbols: DOLLAR, share: 0.035, book: "l2", ...unnumbered },
];

/** A second recorder of the same market. */
export const SECOND_RECORDER: TormentedFeed = {
  ...{ feed: "coinbase-exchange", symbols: DOLLAR, share: 0.07, book: "level2_batch" },
  ...one,
};

/** Venues that tell their newest trades only: sixty of bybit, else a thousand. */
export const NEWEST_ONLY: readonly TormentedFeed[] = [
  { feed: "binance-usdm", symbols: LINEAR, share: 0.235, book: "depth@100ms", ...one },
  { feed: "binance-coinm", symbols: INVERSE, share: 0.04, book: "depth@100ms", ...one },
  { feed: "bybit", symbols: TETHER, share: 0.085, book: "orderbook.50", ...unnumbered },
  { feed: "bybit-linear", symbols: LINEAR, share: 0.125, book: "orderbook.50", ...unnumbered },
  { feed: "bybit-inverse", symbols: INVERSE, share: 0.045, book: "orderbook.50", ...unnumbered },
];

/** Frames of trades for a trade: mostly one order is one frame. */
const FRAMES_A_TRADE = 0.75;
/** The frame after which every feed is cut, whatever else befalls it. */
const FIRST_CUT = 15;
/** Of a socket, after which it counts as one that delivers again. */
const FRAMES_OF_FLOW = 20;

export interface TormentOptions {
  readonly markets: readonly { readonly feeds: readonly TormentedFeed[]; readonly tradesPerSecond: number }[];
  readonly seconds: number;
  /** Undisturbed ones after it, in which the next trades show what is missing. */
  readonly calmSeconds: number;
  /** From now to the markets' beginning, so that event times are like those of a real venue. */
  readonly startAfterMs: number;
  readonly withBooks: boolean;
}

/** The same markets, seen undisturbed and disturbed. */
export interface Torment extends AsyncDisposable {
  readonly clean: MarketScene;
  readonly disturbed: MarketScene;
  /** Event time, microseconds: what happened before is complete. */
  readonly untilUs: number;
}

/** Plays the markets to two K2, disturbs one of them, and waits until both have taken in and asked for all. */
export async function torment(options: TormentOptions): Promise<Torment> {
  const { seconds, calmSeconds, startAfterMs } = options;
  const markets: readonly PlayedMarket[] = options.markets.map(({ feeds, tradesPerSecond }) => ({
    tradesPerSecond,
    feeds: feeds.map(({ feed, symbols, channels, book }) => {
      const chosen = channels ?? [DEFAULT_CHANNELS[feed] ?? "trade"];
      return { feed, symbols, channels: options.withBooks ? [...chosen, book] : chosen };
    }),
  }));
  const startMs = Math.ceil((Date.now() + startAfterMs) / 1000) * 1000;
  const clean = await playMarkets(markets, startMs);
  const disturbed = await playMarkets(markets, startMs).catch(async (error: unknown) => {
    await clean[Symbol.asyncDispose]();
    throw error;
  });
  const scenes: Torment = {
    ...{ clean, disturbed, untilUs: (startMs + seconds * 1000) * 1000 },
    async [Symbol.asyncDispose]() {
      await Promise.all([clean[Symbol.asyncDispose](), disturbed[Symbol.asyncDispose]()]);
    },
  };
  try {
    await pause(Math.max(0, startMs - Date.now()));
    const disturb = (skips: boolean): void =>
      disturbed.servers.forEach((server, index) => {
        const market = options.markets[index];
        if (market !== undefined) server.setFaults(faultsOf(market, options, skips));
      });
    disturb(false);
    for (const scene of [clean, disturbed]) scene.resume();
    const endMs = Date.now() + seconds * 1000;
    // What is skipped before a listing's first trade nobody can notice: there is nothing to count from.
    await untilPlayed(disturbed, options, startMs * 1000);
    disturb(true);
    await pause(Math.max(0, endMs - Date.now()));
    for (const server of disturbed.servers) server.setFaults({ seed: 0, rules: [] });
    await pause(calmSeconds * 1000);
    for (const scene of [clean, disturbed]) await untilPlayed(scene, options, scenes.untilUs);
    await untilAllFlow(disturbed);
    await untilNoneIsOpen(disturbed);
    // Ids that the last answers skipped are called missing when the stream has gone on without them for a while.
    await disturbed.k2.healed();
    await pause(ID_HOLD_US / 1_000 + 1_000);
    await untilAllFlow(disturbed);
    for (const scene of [clean, disturbed]) scene.pause();
    for (const scene of [clean, disturbed]) await scene.settled();
    return scenes;
  } catch (error) {
    await scenes[Symbol.asyncDispose]();
    throw error;
  }
}

const DEFAULT_CHANNELS: Readonly<Record<string, string>> = {
  coinbase: "market_trades",
  "coinbase-exchange": "matches",
  bybit: "publicTrade",
  "bybit-linear": "publicTrade",
  "bybit-inverse": "publicTrade",
  bitstamp: "live_trades",
  gemini: "trades",
};

/**
 * About how often something befalls each feed. A connection that is cut again within half a minute waits ever longer
 * before it comes back, so cuts come at that pace at the fastest, but for short runs.
 */
function faultsOf(
  { feeds, tradesPerSecond }: TormentOptions["markets"][number],
  { seconds, withBooks }: TormentOptions,
  skips: boolean,
): FaultPlan {
  const shares = new Map(feeds.map(({ feed, share }) => [feedById(feed).venue, share]));
  const ofAll = [...shares.values()].reduce((sum, share) => sum + share, 0);
  const cutEverySeconds = Math.min(30, Math.max(2, seconds / 3));
  return {
    seed: 11,
    rules: feeds.flatMap(({ feed, isNumbered, bookFrames, share }) => {
      const framesPerSecond = tradesPerSecond * (share / ofAll) * FRAMES_A_TRADE * (withBooks ? 1 + bookFrames : 1);
      const every = (mean: number): number => Math.min(1, 1 / (framesPerSecond * mean));
      return [
        { kind: "disconnect" as const, feed, at: [FIRST_CUT], probability: every(cutEverySeconds) },
        { kind: "delay" as const, feed, probability: every(cutEverySeconds), durationMs: 200 },
        { kind: "delay" as const, feed, probability: every(2 * cutEverySeconds), durationMs: 2_000 },
        // Nobody is told: the client itself must find out that nothing arrives any more.
        ...(seconds < 300 ? [] : [{ kind: "half-open" as const, feed, probability: every(200), timesMax: 1 }]),
        ...(isNumbered && skips
          ? [
              { kind: "silence" as const, feed, probability: every(cutEverySeconds), durationMs: 300 },
              { kind: "reorder" as const, feed, probability: withBooks ? every(cutEverySeconds) : 0.01, windowMax: 5 },
            ]
          : []),
      ];
    }),
  };
}

/** Until every listing has traded after a time: on a busy machine markets are played late. */
async function untilPlayed({ k2 }: MarketScene, { markets }: TormentOptions, untilUs: number): Promise<void> {
  const listings = new Set(
    markets.flatMap(({ feeds }) =>
      feeds.flatMap(({ feed, symbols }) => symbols.map((symbol) => `${feedById(feed).venue} ${symbol}`)),
    ),
  ).size;
  const played = `SELECT count(DISTINCT (venue, raw_symbol))::INT AS n FROM silver.trades WHERE ts_event >= make_timestamptz(${untilUs})`;
  await until("all listings have traded", async () => Number((await rowsOf(k2, played))[0]?.["n"]) === listings, {
    ...{ everyMs: 200, msMax: 300_000 },
  });
}

/** Until every book that was lost is whole again: most venues tell it anew only while they trade. */
async function untilNoneIsOpen({ k2 }: MarketScene): Promise<void> {
  const open = `SELECT count(*)::INT AS n FROM (${LAST_GAPS_SQL}) WHERE state = 'open' AND contains(gap_id, '@')`;
  await until("all books are whole again", async () => Number((await rowsOf(k2, open))[0]?.["n"]) === 0, {
    everyMs: 200,
  });
}

interface ConnectionHealth {
  readonly connection: string;
  readonly state: string;
  readonly frames: number;
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
