import type { PastTrade, PastTrades } from "../play/index.ts";
import { isoMicroseconds } from "../protocols/index.ts";
import { binanceDepth } from "./binance-depth.ts";
import { bitstampBook, bitstampTrades } from "./bitstamp.ts";
import { coinbaseBook } from "./coinbase-book.ts";
import { geminiTrades } from "./gemini.ts";
import { krakenFuturesTrades } from "./kraken-futures.ts";
import { binanceExchangeInfo, binanceOpenInterest, bybitInstruments } from "./market-info.ts";
import { bitstampPairs, geminiDetails, krakenFuturesInstruments } from "./market-status.ts";
import type { RestRoute, RestSaid } from "./rest-route.ts";
import { seconds } from "./seconds.ts";

const NO_SYMBOL_BINANCE: RestSaid = { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' };

/** A whole number of the query, at most `max`. */
function count(
  query: URLSearchParams,
  name: string,
  { normal, max }: { readonly normal: number; readonly max: number },
): number {
  const value = Number(query.get(name) ?? normal);
  return Number.isSafeInteger(value) && value > 0 ? Math.min(value, max) : normal;
}

function whole(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

const BINANCE_FEEDS = ["binance", "binance-usdm", "binance-coinm"] as const;

const binanceTrades: RestRoute = {
  feeds: BINANCE_FEEDS,
  pattern: /^\/[afd]\w*\/v\d\/(?:historicalTrades|trades)$/,
  async answer({ feed, path, query, past }) {
    const trades = past(query.get("symbol") ?? "");
    if (trades === undefined) return NO_SYMBOL_BINANCE;
    if (path.endsWith("historicalTrades") && feed !== "binance")
      return { status: 401, body: '{"code":-2014,"msg":"API-key format invalid."}' };
    const limit = count(query, "limit", { normal: 500, max: 1000 });
    const fromId = path.endsWith("historicalTrades") ? whole(query, "fromId") : undefined;
    const found = fromId === undefined ? await trades.before(undefined, limit) : await trades.from(fromId, limit);
    return { body: `[${found.map((trade) => binanceTrade(trade, feed)).join(",")}]` };
  },
};

function binanceTrade({ id, price, size, isBuy, timeUs }: PastTrade, feed: string): string {
  const amount = feed === "binance-coinm" ? `"baseQty":"0"` : `"quoteQty":"0"`;
  const best = feed === "binance" ? ',"isBestMatch":true' : "";
  return `{"id":${id},"price":"${price}","qty":"${size}",${amount},"time":${Math.floor(timeUs / 1000)},"isBuyerMaker":${!isBuy}${best}}`;
}

const coinbaseTrades: RestRoute = {
  feeds: ["coinbase", "coinbase-exchange"],
  pattern: /^\/products\/[^/]+\/trades$/,
  async answer({ path, query, past }) {
    const trades = past(decodeURIComponent(path.split("/")[2] ?? ""));
    if (trades === undefined) return { status: 404, body: '{"message":"NotFound"}' };
    const found = await trades.before(whole(query, "after"), count(query, "limit", { normal: 1000, max: 1000 }));
    const records = [...found]
      .reverse()
      .map(
        ({ id, price, size, isBuy, timeUs }) =>
          `{"trade_id":${id},"side":"${isBuy ? "sell" : "buy"}","size":"${size}","price":"${price}","time":"${isoMicroseconds(timeUs)}"}`,
      );
    return { body: `[${records.join(",")}]` };
  },
};

/** Pairs are asked for by the names of v1 without the slash. */
const KRAKEN_NAMES: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };

const krakenTrades: RestRoute = {
  feeds: ["kraken"],
  pattern: /^\/0\/public\/Trades$/,
  async answer({ query, past }) {
    const pair = query.get("pair") ?? "";
    const base = pair.slice(0, -3);
    const trades = past(`${KRAKEN_NAMES[base] ?? base}/${pair.slice(-3)}`);
    if (trades === undefined) return { body: '{"error":["EQuery:Unknown asset pair"]}' };
    const sinceUs = microseconds(query.get("since") ?? "");
    const found = await trades.since(sinceUs + 1, count(query, "count", { normal: 1000, max: 1000 }));
    const records = found.map(
      ({ id, number, price, size, isBuy, timeUs }) =>
        `["${price}","${size}",${seconds(timeUs)}${number % 10},"${isBuy ? "b" : "s"}","${number % 3 === 0 ? "l" : "m"}","",${id}]`,
    );
    const last = (found.at(-1)?.timeUs ?? sinceUs) * 1000;
    return { body: `{"error":[],"result":{"X${pair}":[${records.join(",")}],"last":"${last}"}}` };
  },
};

/** Of nanoseconds, which a double would round. */
function microseconds(nanoseconds: string): number {
  return /^\d{1,20}$/.test(nanoseconds) ? Number(BigInt(nanoseconds) / 1000n) : 0;
}

const CATEGORY_FEEDS: Readonly<Record<string, string>> = {
  spot: "bybit",
  linear: "bybit-linear",
  inverse: "bybit-inverse",
};

const bybitTrades: RestRoute = {
  feeds: Object.values(CATEGORY_FEEDS),
  pattern: /^\/v5\/market\/recent-trade$/,
  async answer({ feed, query, past }) {
    const trades = CATEGORY_FEEDS[query.get("category") ?? ""] === feed ? past(query.get("symbol") ?? "") : undefined;
    if (trades === undefined) return { body: '{"retCode":10001,"retMsg":"params error","result":{}}' };
    const max = feed === "bybit" ? 60 : 1000;
    const found = await trades.before(undefined, count(query, "limit", { normal: Math.min(max, 500), max }));
    const records = [...found]
      .reverse()
      .map(
        ({ id, price, size, isBuy, timeUs, sequence }) =>
          `{"execId":"${id}","symbol":"${query.get("symbol")}","price":"${price}","size":"${size}","side":"${isBuy ? "Buy" : "Sell"}",` +
          `"time":"${Math.floor(timeUs / 1000)}","isBlockTrade":false,"isRPITrade":false,"seq":"${sequence}"}`,
      );
    return {
      body: `{"retCode":0,"retMsg":"OK","result":{"category":"${query.get("category")}","list":[${records.join(",")}]},"retExtInfo":{},"time":0}`,
    };
  },
};

const okxTrades: RestRoute = {
  feeds: ["okx"],
  pattern: /^\/api\/v5\/market\/history-trades$/,
  async answer({ query, past }) {
    const instId = query.get("instId") ?? "";
    const trades = past(instId);
    if (trades === undefined) return { body: '{"code":"51001","msg":"Instrument ID does not exist","data":[]}' };
    const limit = count(query, "limit", { normal: 100, max: 100 });
    const after = whole(query, "after");
    const found =
      query.get("type") === "2" && after !== undefined
        ? await beforeTime(trades, after * 1000, limit)
        : await trades.before(after, limit);
    const records = [...found]
      .reverse()
      .map(
        ({ id, price, size, isBuy, timeUs }) =>
          `{"instId":"${instId}","side":"${isBuy ? "buy" : "sell"}","sz":"${size}","source":"0","px":"${price}","tradeId":"${id}","ts":"${Math.floor(timeUs / 1000)}"}`,
      );
    return { body: `{"code":"0","msg":"","data":[${records.join(",")}]}` };
  },
};

async function beforeTime(trades: PastTrades, timeUs: number, limit: number): Promise<readonly PastTrade[]> {
  const [next] = await trades.since(timeUs, 1);
  return trades.before(next?.number, limit);
}

/** Every request that the server answers. */
export const REST_ROUTES: readonly RestRoute[] = [
  binanceTrades,
  binanceDepth,
  coinbaseTrades,
  coinbaseBook,
  krakenTrades,
  bybitTrades,
  okxTrades,
  krakenFuturesTrades,
  bitstampTrades,
  bitstampBook,
  geminiTrades,
  binanceOpenInterest,
  binanceExchangeInfo,
  bybitInstruments,
  krakenFuturesInstruments,
  geminiDetails,
  bitstampPairs,
];
