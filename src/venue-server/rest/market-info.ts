import { MARKET_LISTINGS } from "../market/index.ts";
import { type BookMoment, derivativeTexts, steps } from "../protocols/index.ts";
import type { RestAsked, RestRoute, RestSaid } from "./rest-route.ts";

/*
 * What venues publish over HTTP alone: status and increments, and open interest. The simulated market always trades.
 */

const BINANCE_FEEDS = ["binance", "binance-usdm", "binance-coinm"] as const;
const UNKNOWN_SYMBOL: RestSaid = { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' };
/** Of prices and sizes. */
const LARGEST = "1000000";

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest */
export const binanceOpenInterest: RestRoute = {
  feeds: ["binance-usdm", "binance-coinm"],
  pattern: /^\/[fd]api\/v1\/openInterest$/,
  async answer({ feed, query, bookSoon }) {
    const moment = await bookSoon(query.get("symbol") ?? "");
    if (moment === undefined) return UNKNOWN_SYMBOL;
    const { symbol } = moment.listing;
    const coinm = feed === "binance-coinm" ? `"pair":"${symbol.split("_")[0]}","contractType":"PERPETUAL",` : "";
    const { openInterest } = derivativeTexts(moment);
    return { body: `{"symbol":"${symbol}",${coinm}"openInterest":"${openInterest}","time":${timeMs(moment)}}` };
  },
};

/** @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-endpoints#exchange-information */
export const binanceExchangeInfo: RestRoute = {
  feeds: BINANCE_FEEDS,
  pattern: /^\/(?:api\/v3|fapi\/v1|dapi\/v1)\/exchangeInfo$/,
  async answer(asked) {
    const named = asked.feed === "binance" ? namedSymbols(asked.query) : undefined;
    const moments = await Promise.all((named ?? symbolsOf(asked.feed)).map((symbol) => asked.bookSoon(symbol)));
    if (named !== undefined && moments.includes(undefined)) return UNKNOWN_SYMBOL;
    const known = moments.filter((moment) => moment !== undefined);
    const serverTime = Math.max(0, ...known.map(timeMs));
    const symbols = known.map((moment) => binanceSymbol(asked.feed, moment)).join(",");
    return { body: `{"timezone":"UTC","serverTime":${serverTime},"rateLimits":[],"symbols":[${symbols}]}` };
  },
};

function binanceSymbol(feed: string, { listing }: BookMoment): string {
  const { contractUsd } = listing.market;
  const { price, size } = steps(listing.market);
  const status = feed === "binance-coinm" ? "contractStatus" : "status";
  const contract = feed === "binance" ? "" : `"contractType":"PERPETUAL",`;
  const counted = contractUsd === undefined ? "" : `"contractSize":${contractUsd},`;
  return (
    `{"symbol":"${listing.symbol}","${status}":"TRADING",${contract}${counted}"filters":[` +
    `{"filterType":"PRICE_FILTER","minPrice":"${price}","maxPrice":"${LARGEST}","tickSize":"${price}"},` +
    `{"filterType":"LOT_SIZE","minQty":"${size}","maxQty":"${LARGEST}","stepSize":"${size}"},` +
    `{"filterType":"MARKET_LOT_SIZE","minQty":"0","maxQty":"${LARGEST}","stepSize":"${size}"}]}`
  );
}

const BYBIT_CATEGORIES: Readonly<Record<string, string>> = {
  bybit: "spot",
  "bybit-linear": "linear",
  "bybit-inverse": "inverse",
};

/** @see https://bybit-exchange.github.io/docs/v5/market/instrument */
export const bybitInstruments: RestRoute = {
  feeds: Object.keys(BYBIT_CATEGORIES),
  pattern: /^\/v5\/market\/instruments-info$/,
  async answer({ feed, query, bookSoon }) {
    const category = query.get("category") ?? "";
    const symbol = query.get("symbol");
    const moments = await Promise.all((symbol === null ? symbolsOf(feed) : [symbol]).map((name) => bookSoon(name)));
    if (category !== BYBIT_CATEGORIES[feed] || moments.includes(undefined))
      return { body: '{"retCode":10001,"retMsg":"params error","result":{},"retExtInfo":{},"time":0}' };
    const known = moments.filter((moment) => moment !== undefined);
    const list = known.map((moment) => bybitInstrument(category, moment)).join(",");
    return {
      body: `{"retCode":0,"retMsg":"OK","result":{"category":"${category}","list":[${list}],"nextPageCursor":""},"retExtInfo":{},"time":${Math.max(0, ...known.map(timeMs))}}`,
    };
  },
};

function bybitInstrument(category: string, { listing }: BookMoment): string {
  const { price, size } = steps(listing.market);
  const isSpot = category === "spot";
  const kind = isSpot ? "" : `"contractType":"${category === "linear" ? "LinearPerpetual" : "InversePerpetual"}",`;
  const prices = isSpot ? "" : `"minPrice":"${price}","maxPrice":"${LARGEST}",`;
  const sizes = isSpot
    ? `"basePrecision":"${size}","minOrderQty":"${size}","maxLimitOrderQty":"${LARGEST}","minOrderAmt":"5"`
    : `"qtyStep":"${size}","minOrderQty":"${size}","maxOrderQty":"${LARGEST}","minNotionalValue":"5"`;
  return `{"symbol":"${listing.symbol}",${kind}"status":"Trading","priceFilter":{${prices}"tickSize":"${price}"},"lotSizeFilter":{${sizes}}}`;
}

function symbolsOf(feed: string): readonly string[] {
  return MARKET_LISTINGS.flatMap(({ symbols }) => symbols[feed] ?? []);
}

/** `symbols=["A","B"]` or `symbol=A`; undefined: all. */
function namedSymbols(query: RestAsked["query"]): readonly string[] | undefined {
  const symbol = query.get("symbol");
  if (symbol !== null) return [symbol];
  const symbols = query.get("symbols");
  if (symbols === null) return undefined;
  try {
    const parsed: unknown = JSON.parse(symbols);
    return Array.isArray(parsed) ? parsed.map(String) : [];
  } catch {
    return [""];
  }
}

function timeMs({ book }: BookMoment): number {
  return Math.floor(book.last.timeUs / 1000);
}
