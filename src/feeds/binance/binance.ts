import {
  type BookChannel,
  type FrameDecoder,
  type Instrument,
  TRADE_FLAGS,
  type VenueDataChannel,
} from "../../domain/index.ts";
import { createWireDecoder } from "../decode/wire-decoder.ts";
import type { Feed, FeedLimits } from "../feed.ts";
import type { PolledChannel } from "../polling/polled-channel.ts";
import { FUTURES_BOOK_CHANNELS, SPOT_BOOK_CHANNELS } from "./book-channels.ts";
import { createBinanceBookReader } from "./book-reader.ts";
import {
  COINM_SNAPSHOTS,
  type SnapshotEndpoint,
  SPOT_SNAPSHOTS,
  snapshotRequest,
  USDM_SNAPSHOTS,
} from "./depth-snapshot.ts";
import { binanceFormat } from "./messages.ts";
import { futuresPolled, SPOT_POLLED } from "./polled-channels.ts";
import { type BinanceRest, binanceRest } from "./rest-trades.ts";
import { readAnswer, subscribeFrames } from "./subscription.ts";
import { FUTURES_VENUE_DATA, SPOT_VENUE_DATA, USUAL_VENUE_DATA } from "./venue-data-channels.ts";
import { createBinanceVenueDataReader } from "./venue-data-reader.ts";

const DAY_MS = 86_400_000;
/** The venue ends connections at 24 hours; we change over a little before. */
const CONNECTION_AGE_MS_MAX = DAY_MS - 600_000;

interface Market {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly channelUrls?: Readonly<Record<string, string>>;
  readonly documentation: string;
  readonly limits: FeedLimits;
  /** Bits of TRADE_FLAGS that hold for every trade of the market. */
  readonly flags: number;
  /** Where the venue's own pings come too seldom to tell a dead connection from a quiet market. */
  readonly pingMs?: number;
  readonly rest: Omit<BinanceRest, "flags">;
  readonly bookChannels: readonly BookChannel[];
  readonly snapshots: SnapshotEndpoint;
  readonly venueData: readonly VenueDataChannel[];
  readonly polled: readonly PolledChannel[];
  rawSymbol(instrument: Instrument): string | undefined;
}

function binanceFeed(market: Market): Feed {
  return {
    id: market.id,
    venue: market.id,
    name: market.name,
    url: market.url,
    ...(market.channelUrls === undefined ? {} : { channelUrls: market.channelUrls }),
    documentation: market.documentation,
    channels: ["trade", "aggTrade"],
    rawSymbol: market.rawSymbol,
    subscribe: subscribeFrames,
    readAnswer,
    limits: market.limits,
    // The venue pings by WebSocket control frames, which the socket answers; so it does ours.
    ping: market.pingMs === undefined ? undefined : { everyMs: market.pingMs, frame: () => undefined },
    tradeIds: {
      kind: "single",
      source: `${market.documentation} ("t": trade id, "a": aggregate trade id); in 41,000 recorded trades of all three markets none was left out`,
    },
    rest: binanceRest({ ...market.rest, flags: market.flags }),
    createDecoder: ({ channels }): FrameDecoder =>
      createWireDecoder(binanceFormat({ channels: countedOnce(channels), flags: market.flags })),
    books: {
      channels: market.bookChannels,
      createBookReader: ({ channels }) =>
        createBinanceBookReader({ channels: market.bookChannels.filter(({ name }) => channels.includes(name)) }),
      snapshotRequest: (rawSymbol, depth) => snapshotRequest(market.snapshots, rawSymbol, depth),
    },
    venueData: {
      channels: market.venueData,
      usual: USUAL_VENUE_DATA,
      polled: market.polled,
      createReader: ({ channels }) =>
        createBinanceVenueDataReader({ channels, isContracts: (market.flags & TRADE_FLAGS.contracts) !== 0 }),
    },
  };
}

/**
 * Each execution is one trade, once: aggregates, which tell the same executions again, become rows only where `trade` is
 * not chosen beside them. Their frames are recorded all the same.
 */
function countedOnce(channels: readonly string[]): readonly string[] {
  return channels.includes("trade") ? channels.filter((name) => name !== "aggTrade") : channels;
}

/**
 * Binance spot. 5 requests a second, 1024 streams and 24 hours a connection; a ping every 20 seconds.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#general-wss-information
 */
export const binance: Feed = binanceFeed({
  id: "binance",
  name: "Binance spot",
  url: "wss://stream.binance.com:9443/stream",
  documentation: "https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams",
  flags: 0,
  rest: {
    url: "https://api.binance.com",
    prefix: "/api/v3",
    documentation:
      "https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#old-trade-lookup",
    weightPerMinute: 6000,
    hasHistory: true,
    weights: { trades: 25, historicalTrades: 25, aggTrades: 4 },
  },
  bookChannels: SPOT_BOOK_CHANNELS,
  snapshots: SPOT_SNAPSHOTS,
  venueData: SPOT_VENUE_DATA,
  polled: SPOT_POLLED,
  rawSymbol: (instrument) => (instrument.kind === "spot" ? instrument.base + instrument.quote : undefined),
  limits: {
    symbolsPerConnectionMax: 512,
    subscriptionsPerConnectionMax: 1024,
    sendsPerSecondMax: 4,
    silenceMsMax: 60_000,
    connectionAgeMsMax: CONNECTION_AGE_MS_MAX,
  },
});

/** The venue's own come every three minutes. Both kinds count among its ten messages a second. */
const FUTURES_PING_MS = 20_000;
const FUTURES_WEIGHTS = { trades: 5, historicalTrades: 20, aggTrades: 20 } as const;
const FUTURES_LIMITS: FeedLimits = {
  // Two channels each: 400 streams, of the 1024 that the documentation allows (200 symbols is what clients found safe).
  symbolsPerConnectionMax: 200,
  subscriptionsPerConnectionMax: 1024,
  sendsPerSecondMax: 8,
  silenceMsMax: 2 * FUTURES_PING_MS + 5000,
  connectionAgeMsMax: CONNECTION_AGE_MS_MAX,
};

const USDM_MARKET_URL = "wss://fstream.binance.com/market/stream";

/**
 * Binance USD-M futures: settled in the quote currency. 10 requests a second.
 *
 * Since 2026-04-23 the endpoint is split by path, and a subscription on the wrong one is accepted but stays silent:
 * `trade`, `depth` and `bookTicker` streams flow on /public, all others on /market.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Important-WebSocket-Change-Notice
 * @see https://github.com/ccxt/ccxt/issues/28083 where `trade` was found on /public
 */
export const binanceUsdm: Feed = binanceFeed({
  id: "binance-usdm",
  name: "Binance USD-M futures",
  url: "wss://fstream.binance.com/public/stream",
  channelUrls: Object.fromEntries(
    ["aggTrade", ...FUTURES_VENUE_DATA.map(({ name }) => name)].map((name) => [name, USDM_MARKET_URL]),
  ),
  documentation: "https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams",
  flags: 0,
  rest: {
    url: "https://fapi.binance.com",
    prefix: "/fapi/v1",
    documentation:
      "https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Recent-Trades-List",
    weightPerMinute: 2400,
    hasHistory: false,
    weights: FUTURES_WEIGHTS,
  },
  bookChannels: FUTURES_BOOK_CHANNELS,
  snapshots: USDM_SNAPSHOTS,
  venueData: FUTURES_VENUE_DATA,
  polled: futuresPolled("/fapi/v1"),
  pingMs: FUTURES_PING_MS,
  rawSymbol: (instrument) => {
    if (!isDerivative(instrument) || instrument.settle !== instrument.quote) return undefined;
    const pair = instrument.base + instrument.quote;
    return instrument.kind === "perpetual" ? pair : `${pair}_${instrument.expiry.slice(2)}`;
  },
  limits: FUTURES_LIMITS,
});

/**
 * Binance COIN-M futures: settled in the base currency; sizes count contracts (of 100 USD on BTC, 10 USD on others).
 *
 * @see https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams
 */
export const binanceCoinm: Feed = binanceFeed({
  id: "binance-coinm",
  name: "Binance COIN-M futures",
  url: "wss://dstream.binance.com/stream",
  documentation: "https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams",
  flags: TRADE_FLAGS.contracts,
  rest: {
    url: "https://dapi.binance.com",
    prefix: "/dapi/v1",
    documentation:
      "https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Recent-Trades-List",
    weightPerMinute: 2400,
    hasHistory: false,
    weights: FUTURES_WEIGHTS,
  },
  bookChannels: FUTURES_BOOK_CHANNELS,
  snapshots: COINM_SNAPSHOTS,
  venueData: FUTURES_VENUE_DATA,
  polled: futuresPolled("/dapi/v1"),
  pingMs: FUTURES_PING_MS,
  rawSymbol: (instrument) => {
    if (!isDerivative(instrument) || instrument.settle !== instrument.base) return undefined;
    const suffix = instrument.kind === "perpetual" ? "PERP" : instrument.expiry.slice(2);
    return `${instrument.base}${instrument.quote}_${suffix}`;
  },
  limits: FUTURES_LIMITS,
});

function isDerivative(instrument: Instrument): instrument is Extract<Instrument, { kind: "perpetual" | "future" }> {
  return instrument.kind === "perpetual" || instrument.kind === "future";
}
