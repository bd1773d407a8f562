import { depthSnapshot } from "../protocols/index.ts";
import type { RestRoute } from "./rest-route.ts";

const LIMIT_MAX = 5000;

/**
 * A whole book, of which a client of `depth` streams makes its own.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#order-book
 */
export const binanceDepth: RestRoute = {
  feeds: ["binance", "binance-usdm", "binance-coinm"],
  pattern: /^\/[afd]\w*\/v\d\/depth$/,
  async answer({ query, book }) {
    const moment = book(query.get("symbol") ?? "");
    if (moment === undefined) return { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' };
    const limit = Number(query.get("limit") ?? 100);
    if (!Number.isSafeInteger(limit) || limit < 1)
      return { status: 400, body: '{"code":-1130,"msg":"Data sent for parameter \'limit\' is not valid."}' };
    return { body: depthSnapshot(moment, Math.min(limit, LIMIT_MAX)) };
  },
};
