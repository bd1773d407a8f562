import type { Instrument } from "../../domain/index.ts";
import { createWireDecoder, limitedTo } from "../decode/wire-decoder.ts";
import type { Feed } from "../feed.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { createKrakenFuturesBookReader } from "./book-reader.ts";
import { KRAKEN_FUTURES_FORMAT } from "./messages.ts";
import { krakenFuturesRest } from "./rest-trades.ts";
import { KRAKEN_FUTURES_VENUE_DATA } from "./status.ts";
import { readAnswer, renewalFrames, subscribeFrames } from "./subscription.ts";

/** The venue asks for a ping at least every 60 seconds; pings are the protocol's own, not frames. */
const PING_MS = 25_000;

/**
 * Kraken Futures: perpetuals and futures, inverse (PI, FI) and of several collaterals (PF, FF). Another market than
 * Kraken's spot, with trade ids of its own.
 *
 * Sizes of inverse contracts count contracts of 1 USD; those of PF and FF are in the base currency.
 *
 * @see https://docs.kraken.com/exchange/api-reference/futures-websocket/trade
 */
export const krakenFutures: Feed = {
  id: "kraken-futures",
  venue: "kraken-futures",
  name: "Kraken Futures",
  url: "wss://futures.kraken.com/ws/v1",
  documentation: "https://docs.kraken.com/exchange/api-reference/futures-websocket/trade",
  channels: ["trade"],
  rawSymbol,
  subscribe: subscribeFrames,
  readAnswer,
  limits: {
    symbolsPerConnectionMax: 100,
    sendsPerSecondMax: 10,
    silenceMsMax: 2 * PING_MS + 5000,
    connectionAgeMsMax: undefined,
  },
  ping: { everyMs: PING_MS, frame: () => undefined },
  rest: krakenFuturesRest,
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "trade", KRAKEN_FUTURES_FORMAT)),
  books: { channels: BOOK_CHANNELS, createBookReader: createKrakenFuturesBookReader, renewal: renewalFrames },
  venueData: KRAKEN_FUTURES_VENUE_DATA,
};

/** Kraken Futures calls one asset otherwise than the rest of the world does. */
const NAMES: Readonly<Record<string, string>> = { BTC: "XBT" };

/** PF_XBTUSD, PI_XBTUSD (settled in BTC), FF_XBTUSD_261225, FI_XBTUSD_261225 (settled in BTC). */
function rawSymbol(instrument: Instrument): string | undefined {
  if (instrument.kind !== "perpetual" && instrument.kind !== "future") return undefined;
  const { base, quote, settle } = instrument;
  if (quote !== "USD" || (settle !== quote && settle !== base)) return undefined;
  const isInverse = settle === base;
  const pair = `${NAMES[base] ?? base}${quote}`;
  if (instrument.kind === "perpetual") return `${isInverse ? "PI" : "PF"}_${pair}`;
  return `${isInverse ? "FI" : "FF"}_${pair}_${instrument.expiry.slice(2)}`;
}
