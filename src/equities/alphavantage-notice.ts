import { type JsonObject, textOf } from "../base/index.ts";
import { type Reading, refused } from "./vendor-answer.ts";

/** Where the calls of a minute are used up, the next one counts them anew. */
const MINUTELY = /per minute/i;
const MINUTE_MS = 60_000;
const OFTEN = /call frequency|rate limit|(requests?|calls?) per (second|minute|day)/i;
/** Notices repeat the key that was used. */
const KEY = /\b(API key(?: as| is)?)\s+[A-Z0-9]{8,}\b/gi;

/**
 * Alpha Vantage answers with HTTP 200 whatever happens; what is no data is one member beside nothing:
 *
 *   {"Note": "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per day…"}
 *   {"Information": "We have detected your API key as … and our standard API rate limit is 25 requests per day…"}
 *   {"Information": "… This is a premium endpoint …"}
 *   {"Error Message": "Invalid API call. Please retry or visit the documentation …"}
 *
 * @returns undefined when the answer is none of them
 * @see https://www.alphavantage.co/documentation/ and https://www.alphavantage.co/support/#api-key
 */
export function alphaVantageNotice(json: JsonObject): Reading | undefined {
  const [notice] = ["Note", "Information", "Error Message"].map((name) => textOf(json[name])).filter((text) => text);
  if (notice === undefined) return undefined;
  const detail = notice.replaceAll(KEY, "$1 (not shown)").slice(0, 300);
  if (!OFTEN.test(notice) || json["Error Message"] !== undefined) return refused("venue_error", detail);
  return { kind: "rate-limited", detail, ...(MINUTELY.test(notice) ? { waitMs: MINUTE_MS } : {}) };
}
