import { InvalidInputError } from "../../base/index.ts";
import type { Instrument } from "../../domain/index.ts";
import { createWireDecoder } from "../decode/wire-decoder.ts";
import type { Feed } from "../feed.ts";
import { createCcxtBookReader } from "./book-reader.ts";
import { ccxtSocket } from "./ccxt-socket.ts";
import { BOOK_CHANNEL, CHANNELS } from "./channels.ts";
import { loadExchange, requireCcxt } from "./load-exchange.ts";
import { ccxtFormat } from "./messages.ts";
import { readAnswer, subscribeFrames } from "./subscription.ts";

const PREFIX = "ccxt:";
const EXCHANGE = /^[a-z0-9]{2,40}$/;

/** Whether a feed's id is that of an exchange by way of ccxt: `ccxt:<exchange>`. */
export function isCcxtFeed(id: string): boolean {
  return id.startsWith(PREFIX);
}

/**
 * An exchange by way of the package `ccxt`, for those that K2 has no feed of its own for. ccxt owns the sockets: what is
 * recorded is the object that it made of a message, as JSON, and not the bytes of the wire. See docs/ccxt.md for all that
 * this cannot promise.
 *
 * Reading what was recorded needs no ccxt; capturing does.
 *
 * @param id `ccxt:<exchange>`, with ccxt's own name of the exchange
 * @throws {InvalidInputError} when that is no name of an exchange
 */
export function ccxtFeed(id: string): Feed {
  const exchange = id.slice(PREFIX.length);
  if (!isCcxtFeed(id) || !EXCHANGE.test(exchange)) {
    throw new InvalidInputError(
      `Not an exchange of ccxt: ${JSON.stringify(id)}. Write ccxt: and ccxt's name of it, such as ccxt:bitfinex`,
    );
  }
  return {
    id,
    venue: `ccxt-${exchange}`,
    name: `${exchange} by way of ccxt`,
    // Where ccxt goes is ccxt's to know; the name stands in the log for "its own endpoints".
    url: `wss://ccxt.invalid/${exchange}`,
    documentation: "https://docs.ccxt.com/#/ccxt.pro.manual",
    channels: CHANNELS,
    rawSymbol: unifiedSymbol,
    subscribe: subscribeFrames,
    readAnswer,
    limits: {
      symbolsPerConnectionMax: 50,
      sendsPerSecondMax: 10,
      // ccxt keeps its sockets alive by itself and says when they end; a quiet market brings no frame.
      silenceMsMax: 3_600_000,
      connectionAgeMsMax: undefined,
    },
    ping: undefined,
    createDecoder: ({ channels }) =>
      createWireDecoder(ccxtFormat({ channels: channels.filter((name) => CHANNELS.includes(name)) })),
    books: { channels: [BOOK_CHANNEL], createBookReader: createCcxtBookReader },
    requires: requireCcxt,
    openSocket: ccxtSocket(exchange, loadExchange),
  };
}

/**
 * ccxt's unified symbols: BTC/USDT, BTC/USDT:USDT (perpetual), BTC/USD:BTC-261225 (future), BTC/USD:BTC-261225-100000-C.
 *
 * @see https://docs.ccxt.com/#/README?id=contract-naming-conventions
 */
function unifiedSymbol(instrument: Instrument): string | undefined {
  if (instrument.kind === "equity") return undefined;
  const { base, quote } = instrument;
  if (instrument.kind === "spot") return `${base}/${quote}`;
  const market = `${base}/${quote}:${instrument.settle}`;
  if (instrument.kind === "perpetual") return market;
  const dated = `${market}-${instrument.expiry.slice(2)}`;
  return instrument.kind === "future"
    ? dated
    : `${dated}-${instrument.strike}-${instrument.right === "call" ? "C" : "P"}`;
}
