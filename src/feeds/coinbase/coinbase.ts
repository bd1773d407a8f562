import type { Instrument } from "../../domain/index.ts";
import { createWireDecoder, limitedTo } from "../decode/wire-decoder.ts";
import type { Feed, FeedLimits } from "../feed.ts";
import { ADVANCED_FORMAT } from "./advanced-messages.ts";
import { EXCHANGE_FORMAT } from "./exchange-messages.ts";
import {
  readAdvancedAnswer,
  readExchangeAnswer,
  subscribeAdvancedFrames,
  subscribeExchangeFrames,
} from "./subscription.ts";

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
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "market_trades", ADVANCED_FORMAT)),
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
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "matches", EXCHANGE_FORMAT)),
};

function rawSymbol(instrument: Instrument): string | undefined {
  return instrument.kind === "spot" ? `${instrument.base}-${instrument.quote}` : undefined;
}
