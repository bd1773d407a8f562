import { InvalidInputError } from "../base/index.ts";
import { binance, binanceCoinm, binanceUsdm } from "./binance/binance.ts";
import { bitstamp } from "./bitstamp/bitstamp.ts";
import { bybit, bybitInverse, bybitLinear } from "./bybit/bybit.ts";
import { bybitV2 } from "./bybit-v2/bybit-v2.ts";
import { ccxtFeed, isCcxtFeed } from "./ccxt/ccxt.ts";
import { coinbase, coinbaseExchange } from "./coinbase/coinbase.ts";
import type { Feed } from "./feed.ts";
import { gemini } from "./gemini/gemini.ts";
import { kraken, krakenV1 } from "./kraken/kraken.ts";
import { krakenFutures } from "./kraken-futures/kraken-futures.ts";
import { okx } from "./okx/okx.ts";

/** Every feed that K2 speaks. A new one is a line here. */
export const FEEDS: readonly Feed[] = [
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

const BY_ID: ReadonlyMap<string, Feed> = new Map(FEEDS.map((feed) => [feed.id, feed]));

/** @throws {InvalidInputError} when no feed has that id */
export function feedById(id: string): Feed {
  const feed = isCcxtFeed(id) ? ccxtFeed(id) : BY_ID.get(id);
  if (feed === undefined) {
    throw new InvalidInputError(
      `No feed is called ${JSON.stringify(id)}. Write one of: ${FEEDS.map((known) => known.id).join(", ")}, or ccxt:<exchange>`,
    );
  }
  return feed;
}
