import { MARKET_LISTINGS, type MarketListing } from "../market/index.ts";
import { steps } from "../protocols/index.ts";
import type { RestRoute } from "./rest-route.ts";

/*
 * Status and increments of venues that tell nothing of them on their sockets. The simulated market always trades.
 */

interface Listed {
  readonly symbol: string;
  readonly market: MarketListing;
}

function listedOn(feed: string): readonly Listed[] {
  return MARKET_LISTINGS.flatMap((market) => {
    const symbol = market.symbols[feed];
    return symbol === undefined ? [] : [{ symbol, market }];
  });
}

/** @see https://docs.kraken.com/api-reference/instrument-details/get-instruments */
export const krakenFuturesInstruments: RestRoute = {
  feeds: ["kraken-futures"],
  pattern: /^\/derivatives\/api\/v3\/instruments$/,
  async answer({ feed, bookSoon }) {
    const listed = listedOn(feed);
    const moments = await Promise.all(listed.map(({ symbol }) => bookSoon(symbol)));
    const timeUs = Math.max(0, ...moments.map((moment) => moment?.book.last.timeUs ?? 0));
    if (timeUs === 0) return { body: '{"result":"error","error":"marketUnavailable"}' };
    const instruments = listed.map(({ symbol, market }) => {
      const type = market.contractUsd === undefined ? "flexible_futures" : "futures_inverse";
      return (
        `{"symbol":"${symbol}","type":"${type}","tickSize":${steps(market).price},"contractSize":${market.contractUsd ?? 1},` +
        `"tradeable":true,"contractValueTradePrecision":${market.sizeScale},"postOnly":false}`
      );
    });
    const time = new Date(Math.floor(timeUs / 1000)).toISOString();
    return { body: `{"result":"success","instruments":[${instruments.join(",")}],"serverTime":"${time}"}` };
  },
};

/** @see https://developer.gemini.com/trading/rest-api/market-data/get-symbol-details */
export const geminiDetails: RestRoute = {
  feeds: ["gemini"],
  pattern: /^\/v1\/symbols\/details\/\w+$/,
  async answer({ feed, path }) {
    const wanted = path.split("/").at(-1)?.toUpperCase();
    const listed = listedOn(feed).find(({ symbol }) => symbol === wanted);
    if (listed === undefined)
      return {
        status: 400,
        body: '{"result":"error","reason":"Bad Request","message":"Supplied value is not a valid symbol"}',
      };
    const { price, size } = steps(listed.market);
    return {
      body: `{"symbol":"${wanted}","tick_size":${size},"quote_increment":${price},"min_order_size":"${size}","status":"open","wrap_enabled":false,"product_type":"spot"}`,
    };
  },
};

/** @see https://www.bitstamp.net/api/#tag/Market-info/operation/GetTradingPairsInfo */
export const bitstampPairs: RestRoute = {
  feeds: ["bitstamp"],
  pattern: /^\/api\/v2\/trading-pairs-info\/$/,
  async answer({ feed }) {
    const pairs = listedOn(feed).map(({ symbol, market }) => {
      const digits = `"base_decimals":${market.sizeScale},"counter_decimals":${market.priceScale}`;
      return `{"name":"${symbol.toUpperCase()}","url_symbol":"${symbol}",${digits},"minimum_order":"10.00 USD","trading":"Enabled","instant_and_market_orders":"Enabled"}`;
    });
    return { body: `[${pairs.join(",")}]` };
  },
};
