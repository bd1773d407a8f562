import type { Instrument } from "../../domain/index.ts";
import { createWireDecoder, limitedTo } from "../decode/wire-decoder.ts";
import type { Feed, FeedLimits } from "../feed.ts";
import { krakenAsset } from "./aliases.ts";
import { V1_BOOK_CHANNELS, V2_BOOK_CHANNELS } from "./book-channels.ts";
import { krakenRest } from "./rest-trades.ts";
import {
  readV1Answer,
  readV2Answer,
  renewV1Frames,
  renewV2Frames,
  subscribeV1Frames,
  subscribeV2Frames,
} from "./subscription.ts";
import { createV1BookReader } from "./v1-book-reader.ts";
import { KRAKEN_V1_FORMAT } from "./v1-messages.ts";
import { createV1VenueDataReader } from "./v1-venue-data-reader.ts";
import { createV2BookReader } from "./v2-book-reader.ts";
import { KRAKEN_V2_FORMAT } from "./v2-messages.ts";
import { createV2VenueDataReader } from "./v2-venue-data-reader.ts";
import { V1_VENUE_DATA, V2_VENUE_DATA } from "./venue-data-channels.ts";

const LIMITS: FeedLimits = {
  // No limit of symbols is documented; each is answered by its own frame.
  symbolsPerConnectionMax: 200,
  sendsPerSecondMax: 5,
  // A heartbeat comes every second on which there is no data, once something is subscribed.
  silenceMsMax: 15_000,
  connectionAgeMsMax: undefined,
};

/**
 * Kraken spot, WebSocket v2: trade ids, numbers as JSON numbers, times in RFC 3339.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket
 */
export const kraken: Feed = {
  id: "kraken",
  venue: "kraken",
  name: "Kraken spot (WebSocket v2)",
  url: "wss://ws.kraken.com/v2",
  documentation: "https://docs.kraken.com/exchange/api-reference/spot-websocket",
  channels: ["trade"],
  rawSymbol: (instrument) => rawSymbol("kraken", instrument),
  subscribe: subscribeV2Frames,
  readAnswer: readV2Answer,
  limits: LIMITS,
  ping: undefined,
  tradeIds: {
    kind: "single",
    source: 'https://docs.kraken.com/api/docs/websocket-v2/trade: "a sequence number, unique per book"',
  },
  rest: krakenRest,
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "trade", KRAKEN_V2_FORMAT)),
  books: { channels: V2_BOOK_CHANNELS, createBookReader: createV2BookReader, renewal: renewV2Frames },
  venueData: { channels: V2_VENUE_DATA, createReader: createV2VenueDataReader },
};

/**
 * Kraken spot, WebSocket v1: frozen, and without trade ids; K2 makes them (v1-trade-message.ts). Use `kraken` instead
 * unless what is read was recorded on v1.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v1/trade
 */
export const krakenV1: Feed = {
  id: "kraken-v1",
  venue: "kraken",
  name: "Kraken spot (WebSocket v1)",
  url: "wss://ws.kraken.com",
  documentation: "https://docs.kraken.com/api/docs/websocket-v1/trade",
  channels: ["trade"],
  rawSymbol: (instrument) => rawSymbol("kraken-v1", instrument),
  subscribe: subscribeV1Frames,
  readAnswer: readV1Answer,
  limits: LIMITS,
  ping: undefined,
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "trade", KRAKEN_V1_FORMAT)),
  books: { channels: V1_BOOK_CHANNELS, createBookReader: createV1BookReader, renewal: renewV1Frames },
  venueData: { channels: V1_VENUE_DATA, createReader: createV1VenueDataReader },
};

function rawSymbol(feed: string, instrument: Instrument): string | undefined {
  if (instrument.kind !== "spot") return undefined;
  return `${krakenAsset(feed, instrument.base)}/${krakenAsset(feed, instrument.quote)}`;
}
