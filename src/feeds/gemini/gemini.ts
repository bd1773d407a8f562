import type { Instrument } from "../../domain/index.ts";
import { createWireDecoder, limitedTo } from "../decode/wire-decoder.ts";
import type { Feed } from "../feed.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { createGeminiBookReader } from "./book-reader.ts";
import { GEMINI_FORMAT } from "./messages.ts";
import { geminiRest } from "./rest-trades.ts";
import { GEMINI_VENUE_DATA } from "./status.ts";
import { readAnswer, renewalFrames, subscribeFrames } from "./subscription.ts";

/** A heartbeat comes every 5 seconds. */
const HEARTBEAT_MS = 5000;

/**
 * Gemini, spot, market data v2. One subscription, `l2`, brings trades and the book; K2 names the two parts apart.
 *
 * @see https://docs.gemini.com/websocket/market-data/v2/level-2
 */
export const gemini: Feed = {
  id: "gemini",
  venue: "gemini",
  name: "Gemini spot",
  url: "wss://api.gemini.com/v2/marketdata",
  documentation: "https://docs.gemini.com/websocket/market-data/v2/level-2",
  channels: ["trades"],
  rawSymbol,
  subscribe: subscribeFrames,
  readAnswer,
  limits: {
    symbolsPerConnectionMax: 50,
    // A new connection a minute and a path is what the venue asks for; requests on it are not limited.
    sendsPerSecondMax: 1,
    silenceMsMax: 5 * HEARTBEAT_MS,
    connectionAgeMsMax: undefined,
  },
  ping: undefined,
  rest: geminiRest,
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "trades", GEMINI_FORMAT)),
  books: { channels: BOOK_CHANNELS, createBookReader: createGeminiBookReader, renewal: renewalFrames },
  venueData: GEMINI_VENUE_DATA,
};

/** BTCUSD. */
function rawSymbol(instrument: Instrument): string | undefined {
  return instrument.kind === "spot" ? `${instrument.base}${instrument.quote}` : undefined;
}
