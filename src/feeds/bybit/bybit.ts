import { type Instrument, TRADE_FLAGS } from "../../domain/index.ts";
import { createWireDecoder, limitedTo } from "../decode/wire-decoder.ts";
import type { Feed, FeedLimits } from "../feed.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { createBybitBookReader } from "./book-reader.ts";
import { inverseSymbol } from "./inverse-symbol.ts";
import { bybitFormat } from "./messages.ts";
import { bybitPolled } from "./polled-channels.ts";
import { bybitRest } from "./rest-trades.ts";
import { readAnswer, renewalFrames, subscribeFrames } from "./subscription.ts";
import { CONTRACT_VENUE_DATA, SPOT_VENUE_DATA } from "./venue-data-channels.ts";
import { createBybitVenueDataReader } from "./venue-data-reader.ts";

/** The venue drops a connection that does not ping every 20 seconds, and answers each ping. */
const PING_MS = 20_000;

const LIMITS: FeedLimits = {
  symbolsPerConnectionMax: 100,
  sendsPerSecondMax: 5,
  silenceMsMax: 3 * PING_MS,
  connectionAgeMsMax: undefined,
};

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** Bybit spot, v5. @see https://bybit-exchange.github.io/docs/v5/websocket/public/trade */
export const bybit: Feed = bybitFeed({
  id: "bybit",
  category: "spot",
  name: "Bybit spot",
  url: "wss://stream.bybit.com/v5/public/spot",
  rawSymbol: (instrument) => (instrument.kind === "spot" ? instrument.base + instrument.quote : undefined),
});

/** Bybit linear contracts (settled in the quote currency), v5. @see https://bybit-exchange.github.io/docs/v5/websocket/public/trade */
export const bybitLinear: Feed = bybitFeed({
  id: "bybit-linear",
  category: "linear",
  name: "Bybit linear contracts",
  url: "wss://stream.bybit.com/v5/public/linear",
  rawSymbol: linearSymbol,
});

/**
 * Bybit inverse contracts (settled in the base currency), v5. Sizes count contracts of 1 USD.
 *
 * @see https://bybit-exchange.github.io/docs/v5/websocket/public/trade
 */
export const bybitInverse: Feed = bybitFeed({
  id: "bybit-inverse",
  category: "inverse",
  name: "Bybit inverse contracts",
  url: "wss://stream.bybit.com/v5/public/inverse",
  rawSymbol: inverseSymbol,
  marketFlags: TRADE_FLAGS.contracts,
});

type Market = Pick<Feed, "id" | "name" | "url" | "rawSymbol"> & {
  readonly category: "spot" | "linear" | "inverse";
  /** Bits of TRADE_FLAGS that hold for every trade of the market. */
  readonly marketFlags?: number;
};

function bybitFeed({ category, marketFlags = 0, ...market }: Market): Feed {
  return {
    ...market,
    venue: market.id,
    documentation: "https://bybit-exchange.github.io/docs/v5/websocket/public/trade",
    channels: ["publicTrade"],
    subscribe: subscribeFrames,
    readAnswer,
    limits: LIMITS,
    ping: { everyMs: PING_MS, frame: () => '{"op":"ping"}' },
    // Ids are digits that grow with gaps (spot) or UUIDs (contracts): a missing one shows nowhere.
    rest: bybitRest(category, marketFlags),
    createDecoder: ({ channels }) =>
      createWireDecoder(limitedTo(channels, "publicTrade", bybitFormat({ marketFlags }))),
    books: { channels: BOOK_CHANNELS, createBookReader: createBybitBookReader, renewal: renewalFrames },
    venueData: {
      channels: category === "spot" ? SPOT_VENUE_DATA : CONTRACT_VENUE_DATA,
      // By its own name only: what the venue does not send any more, and what moves with every trade.
      usual: ["tickers", "allLiquidation", "instruments-info"],
      polled: bybitPolled(category),
      createReader: ({ channels }) => createBybitVenueDataReader({ channels, category }),
    },
  };
}

/** BTCUSDT, BTCPERP (settled in USDC), BTCUSDT-26DEC25 and BTC-26DEC25 (USDC). */
function linearSymbol(instrument: Instrument): string | undefined {
  if (instrument.kind !== "perpetual" && instrument.kind !== "future") return undefined;
  const { base, quote, settle } = instrument;
  if (settle !== quote || (quote !== "USDT" && quote !== "USDC")) return undefined;
  if (instrument.kind === "perpetual") return quote === "USDC" ? `${base}PERP` : base + quote;
  return `${quote === "USDC" ? base : base + quote}-${expiryName(instrument.expiry)}`;
}

/** "20251226" as Bybit writes it: 26DEC25. */
function expiryName(expiry: string): string {
  return `${expiry.slice(6)}${MONTHS[Number(expiry.slice(4, 6)) - 1] ?? ""}${expiry.slice(2, 4)}`;
}
