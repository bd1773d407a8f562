import { binance, binanceCoinm, binanceUsdm } from "./binance/binance.ts";
import { bitstamp } from "./bitstamp/bitstamp.ts";
import { bybit, bybitInverse, bybitLinear } from "./bybit/bybit.ts";
import { bybitV2 } from "./bybit-v2/bybit-v2.ts";
import { coinbase } from "./coinbase/coinbase.ts";
import { coinbaseExchange } from "./coinbase-exchange/coinbase-exchange.ts";
import { gemini } from "./gemini/gemini.ts";
import { kraken } from "./kraken/kraken.ts";
import { krakenFutures } from "./kraken-futures/kraken-futures.ts";
import { krakenV1 } from "./kraken-v1/kraken-v1.ts";
import { okx } from "./okx/okx.ts";
import type { VenueProtocol } from "./protocol.ts";

export { depthSnapshot } from "./binance/book-channels.ts";
export { orderBook } from "./bitstamp/book-channels.ts";
export { productBook } from "./coinbase-exchange/full-channel.ts";
export { derivativeTexts, steps } from "./data-text.ts";
export type {
  BookChannel,
  BookFrame,
  BookMoment,
  DataChannel,
  DataMoment,
  FeedListing,
  FrameSink,
  Peer,
  RecentTrades,
  RecordedTrade,
  TradeChannel,
  VenueProtocol,
} from "./protocol.ts";
export { pseudoUuid } from "./pseudo-uuid.ts";
export { isoMicroseconds } from "./time-text.ts";

/** Every protocol that the server speaks. A new one is a folder beside these and a name here. */
export const PROTOCOLS: readonly VenueProtocol[] = [
  binance,
  binanceUsdm,
  binanceCoinm,
  kraken,
  krakenV1,
  coinbase,
  coinbaseExchange,
  bybit,
  bybitLinear,
  bybitInverse,
  bybitV2,
  okx,
  krakenFutures,
  bitstamp,
  gemini,
];
