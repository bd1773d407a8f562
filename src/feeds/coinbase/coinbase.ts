import type { Instrument } from "../../domain/index.ts";
import { createWireDecoder, limitedTo } from "../decode/wire-decoder.ts";
import type { Feed, FeedLimits, TradeIds } from "../feed.ts";
import { createAdvancedBookReader } from "./advanced-book-reader.ts";
import { ADVANCED_FORMAT } from "./advanced-messages.ts";
import { createAdvancedVenueDataReader } from "./advanced-venue-data-reader.ts";
import { ADVANCED_BOOK_CHANNELS, EXCHANGE_BOOK_CHANNELS, EXCHANGE_LOGIN_CHANNELS } from "./book-channels.ts";
import { createExchangeBookReader } from "./exchange-book-reader.ts";
import { EXCHANGE_FORMAT } from "./exchange-messages.ts";
import { createExchangeVenueDataReader } from "./exchange-venue-data-reader.ts";
import { fullSnapshotRequest } from "./full-snapshot.ts";
import { coinbaseRest } from "./rest-trades.ts";
import {
  readAdvancedAnswer,
  readExchangeAnswer,
  renewAdvancedFrames,
  renewExchangeFrames,
  subscribeAdvancedFrames,
  subscribeExchangeFrames,
} from "./subscription.ts";
import { ADVANCED_VENUE_DATA, EXCHANGE_VENUE_DATA, USUAL_VENUE_DATA } from "./venue-data-channels.ts";

/**
 * 8 unauthenticated messages a second and address on both; a heartbeat a second once it is subscribed.
 *
 * @see https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-rate-limits
 * @see https://docs.cdp.coinbase.com/exchange/websocket-feed/rate-limits
 */
const LIMITS: FeedLimits = {
  symbolsPerConnectionMax: 100,
  sendsPerSecondMax: 6,
  silenceMsMax: 15_000,
  connectionAgeMsMax: undefined,
};

const TRADE_IDS: TradeIds = {
  kind: "single",
  source:
    "https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#matches-channel: trade_id counts a product's trades; " +
    "in the recordings of both feeds none is left out",
};

/**
 * Coinbase spot through Advanced Trade. Same market and same trade ids as `coinbase-exchange`; no account needed.
 *
 * @see https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels
 */
export const coinbase: Feed = {
  id: "coinbase",
  venue: "coinbase",
  name: "Coinbase (Advanced Trade)",
  url: "wss://advanced-trade-ws.coinbase.com",
  documentation: "https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels",
  channels: ["market_trades"],
  rawSymbol,
  subscribe: subscribeAdvancedFrames,
  readAnswer: readAdvancedAnswer,
  limits: LIMITS,
  ping: undefined,
  tradeIds: TRADE_IDS,
  rest: coinbaseRest,
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "market_trades", ADVANCED_FORMAT)),
  books: {
    channels: ADVANCED_BOOK_CHANNELS,
    createBookReader: createAdvancedBookReader,
    renewal: renewAdvancedFrames,
  },
  venueData: { channels: ADVANCED_VENUE_DATA, usual: USUAL_VENUE_DATA, createReader: createAdvancedVenueDataReader },
};

/**
 * Coinbase spot through Exchange: each trade as it happens, where Advanced Trade collects for 250 ms.
 *
 * @see https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 */
export const coinbaseExchange: Feed = {
  id: "coinbase-exchange",
  venue: "coinbase",
  name: "Coinbase (Exchange)",
  url: "wss://ws-feed.exchange.coinbase.com",
  documentation: "https://docs.cdp.coinbase.com/exchange/websocket-feed/channels",
  channels: ["matches"],
  rawSymbol,
  subscribe: subscribeExchangeFrames,
  readAnswer: readExchangeAnswer,
  limits: LIMITS,
  ping: undefined,
  tradeIds: TRADE_IDS,
  rest: coinbaseRest,
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "matches", EXCHANGE_FORMAT)),
  books: {
    channels: EXCHANGE_BOOK_CHANNELS,
    loginChannels: EXCHANGE_LOGIN_CHANNELS,
    createBookReader: createExchangeBookReader,
    snapshotRequest: fullSnapshotRequest,
    renewal: renewExchangeFrames,
  },
  venueData: { channels: EXCHANGE_VENUE_DATA, usual: USUAL_VENUE_DATA, createReader: createExchangeVenueDataReader },
};

function rawSymbol(instrument: Instrument): string | undefined {
  return instrument.kind === "spot" ? `${instrument.base}-${instrument.quote}` : undefined;
}
