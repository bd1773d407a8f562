import type { VendorRequest } from "./vendor-client.ts";

/** What is wanted of a series. */
export interface SeriesQuestion {
  readonly rawSymbol: string;
  /** 1d, or 1m, 5m, 15m, 30m, 1h. */
  readonly interval: string;
  /** Microseconds since the Unix epoch, inclusive and exclusive; Alpha Vantage chooses by itself. */
  readonly startUs: number;
  readonly endUs: number;
}

const YAHOO_INTERVALS: Readonly<Record<string, string>> = { "1h": "60m" };
const ALPHAVANTAGE_INTERVALS: Readonly<Record<string, string>> = {
  "1m": "1min",
  "5m": "5min",
  "15m": "15min",
  "30m": "30min",
  "1h": "60min",
};

/**
 * A chart of Yahoo's form, with the splits and dividends of its time.
 *
 * @param baseUrl such as https://query1.finance.yahoo.com
 */
export function yahooChartRequest(baseUrl: string, question: SeriesQuestion): VendorRequest {
  const { rawSymbol, interval, startUs, endUs } = question;
  const query = new URLSearchParams({
    interval: YAHOO_INTERVALS[interval] ?? interval,
    period1: String(Math.floor(startUs / 1_000_000)),
    period2: String(Math.ceil(endUs / 1_000_000)),
    events: "div|split",
    includePrePost: "false",
  });
  const url = `${withoutSlash(baseUrl)}/v8/finance/chart/${encodeURIComponent(rawSymbol)}?${query}`;
  return { address: url, url };
}

/** The last price, in the head of a chart of one day. */
export function yahooQuoteRequest(baseUrl: string, rawSymbol: string): VendorRequest {
  const query = new URLSearchParams({ interval: "1d", range: "1d" });
  const url = `${withoutSlash(baseUrl)}/v8/finance/chart/${encodeURIComponent(rawSymbol)}?${query}`;
  return { address: url, url };
}

/**
 * The whole daily history with dividends and splits, or the latest intraday candles.
 *
 * @param baseUrl such as https://www.alphavantage.co
 * @see https://www.alphavantage.co/documentation/
 */
export function alphaVantageRequest(baseUrl: string, key: string, question: SeriesQuestion): VendorRequest {
  const { rawSymbol: symbol, interval } = question;
  const series =
    interval === "1d"
      ? { function: "TIME_SERIES_DAILY_ADJUSTED" }
      : { function: "TIME_SERIES_INTRADAY", interval: ALPHAVANTAGE_INTERVALS[interval] ?? interval, adjusted: "false" };
  return withKey(baseUrl, key, { ...series, symbol, outputsize: "full", datatype: "json" });
}

export function alphaVantageQuoteRequest(baseUrl: string, key: string, symbol: string): VendorRequest {
  return withKey(baseUrl, key, { function: "GLOBAL_QUOTE", symbol });
}

function withKey(baseUrl: string, key: string, query: Readonly<Record<string, string>>): VendorRequest {
  const url = `${withoutSlash(baseUrl)}/query?${new URLSearchParams(query)}`;
  return { url, address: `${url}&${new URLSearchParams({ apikey: key })}` };
}

function withoutSlash(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, "");
}
