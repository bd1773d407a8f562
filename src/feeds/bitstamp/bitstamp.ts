import type { Instrument } from "../../domain/index.ts";
import { createWireDecoder, limitedTo } from "../decode/wire-decoder.ts";
import type { Feed } from "../feed.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { createBitstampBookReader } from "./book-reader.ts";
import { snapshotRequest } from "./book-snapshot.ts";
import { BITSTAMP_FORMAT } from "./messages.ts";
import { bitstampRest } from "./rest-trades.ts";
import { BITSTAMP_VENUE_DATA } from "./status.ts";
import { readAnswer, subscribeFrames } from "./subscription.ts";

const PING_MS = 20_000;
/** The venue ends connections after 90 days. */
const AGE_MS_MAX = 90 * 86_400_000;

/**
 * Bitstamp, spot. Ids of trades are of one sequence over all pairs, so that those of a pair leave numbers out.
 *
 * @see https://www.bitstamp.net/websocket/v2/
 */
export const bitstamp: Feed = {
  id: "bitstamp",
  venue: "bitstamp",
  name: "Bitstamp spot",
  url: "wss://ws.bitstamp.net",
  documentation: "https://www.bitstamp.net/websocket/v2/",
  channels: ["live_trades"],
  rawSymbol,
  subscribe: subscribeFrames,
  readAnswer,
  limits: {
    symbolsPerConnectionMax: 100,
    sendsPerSecondMax: 10,
    silenceMsMax: 2 * PING_MS + 5000,
    connectionAgeMsMax: AGE_MS_MAX,
  },
  ping: { everyMs: PING_MS, frame: () => '{"event":"bts:heartbeat"}' },
  rest: bitstampRest,
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "live_trades", BITSTAMP_FORMAT)),
  books: { channels: BOOK_CHANNELS, createBookReader: createBitstampBookReader, snapshotRequest },
  venueData: BITSTAMP_VENUE_DATA,
};

/** btcusd, btcusdt. */
function rawSymbol(instrument: Instrument): string | undefined {
  return instrument.kind === "spot" ? `${instrument.base}${instrument.quote}`.toLowerCase() : undefined;
}
