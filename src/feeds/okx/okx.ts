import type { Instrument } from "../../domain/index.ts";
import { createWireDecoder } from "../decode/wire-decoder.ts";
import type { Feed } from "../feed.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { createOkxBookReader } from "./book-reader.ts";
import { okxFormat } from "./messages.ts";
import { okxRest } from "./rest-trades.ts";
import { readAnswer, renewalFrames, subscribeFrames } from "./subscription.ts";
import { CANDLES, VENUE_DATA } from "./venue-data-channels.ts";
import { createOkxVenueDataReader } from "./venue-data-reader.ts";

/** The venue ends a connection on which it sent nothing for 30 seconds; it answers each ping. */
const PING_MS = 20_000;
const TRADE_CHANNELS = ["trades", "trades-all"];
const BUSINESS_URL = "wss://ws.okx.com:8443/ws/v5/business";

/**
 * OKX, v5: spot, perpetual swaps and futures on one endpoint, no login. Sizes of swaps and futures count contracts.
 *
 * `trades` has one record for the executions of a taker order at one price, under the last one's id; `trades-all`, at
 * an endpoint of its own, has every execution. Their ids are of one sequence: where both are chosen the rows are those of
 * `trades-all`, so that no execution counts twice.
 *
 * 3 requests a second, 480 an hour and a connection.
 *
 * @see https://www.okx.com/docs-v5/en/#overview-websocket
 */
export const okx: Feed = {
  id: "okx",
  venue: "okx",
  name: "OKX spot, swaps and futures",
  url: "wss://ws.okx.com:8443/ws/v5/public",
  channelUrls: Object.fromEntries(
    ["trades-all", ...CANDLES.map(({ name }) => name)].map((name) => [name, BUSINESS_URL]),
  ),
  documentation: "https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-trades-channel",
  channels: TRADE_CHANNELS,
  rawSymbol,
  subscribe: subscribeFrames,
  readAnswer,
  limits: {
    symbolsPerConnectionMax: 200,
    sendsPerSecondMax: 3,
    silenceMsMax: 2 * PING_MS + 5000,
    connectionAgeMsMax: undefined,
  },
  ping: { everyMs: PING_MS, frame: () => "ping" },
  tradeIds: {
    kind: "spans",
    source:
      "https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-trades-channel: tradeId grows by one, and a record " +
      "with `count` stands for the ids up to its own",
  },
  rest: okxRest,
  createDecoder: ({ channels }) => createWireDecoder(okxFormat({ channels: countedOnce(channels) })),
  books: { channels: BOOK_CHANNELS, createBookReader: createOkxBookReader, renewal: renewalFrames },
  venueData: { channels: VENUE_DATA, createReader: createOkxVenueDataReader },
};

/** The one channel whose records become trades. */
function countedOnce(channels: readonly string[]): readonly string[] {
  const trades = channels.filter((name) => TRADE_CHANNELS.includes(name));
  return trades.length > 1 ? ["trades-all"] : trades;
}

/** BTC-USDT, BTC-USDT-SWAP, BTC-USD-SWAP (settled in BTC), BTC-USDT-261225, BTC-USD-261225 (settled in BTC). */
function rawSymbol(instrument: Instrument): string | undefined {
  if (instrument.kind === "spot") return `${instrument.base}-${instrument.quote}`;
  if (instrument.kind !== "perpetual" && instrument.kind !== "future") return undefined;
  const { base, quote, settle } = instrument;
  // Contracts in USD settle in the coin, all others in their quote; those margined in several coins have other names.
  if (settle !== (quote === "USD" ? base : quote)) return undefined;
  return `${base}-${quote}-${instrument.kind === "perpetual" ? "SWAP" : instrument.expiry.slice(2)}`;
}
