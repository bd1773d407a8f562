import { orderBook } from "../protocols/index.ts";
import type { RestRoute } from "./rest-route.ts";

const NOT_FOUND = { status: 404, body: '{"status":"error","reason":"Invalid market symbol","code":"400.002"}' };
const WINDOW_US: Readonly<Record<string, number>> = { minute: 60_000_000, hour: 3_600_000_000, day: 86_400_000_000 };
/** What one answer holds at most, so that a day of a busy market fits. */
const TRADES_MAX = 100_000;

/** @see https://www.bitstamp.net/api/#tag/Market-info/operation/GetOrderBook */
export const bitstampBook: RestRoute = {
  feeds: ["bitstamp"],
  pattern: /^\/api\/v2\/order_book\/[^/]+\/?$/,
  async answer({ path, query, book }) {
    const moment = book(path.split("/")[4] ?? "");
    return moment === undefined ? NOT_FOUND : { body: orderBook(moment, { hasIds: query.get("group") === "2" }) };
  },
};

/** @see https://www.bitstamp.net/api/#tag/Transactions-public/operation/GetTransactions */
export const bitstampTrades: RestRoute = {
  feeds: ["bitstamp"],
  pattern: /^\/api\/v2\/transactions\/[^/]+\/$/,
  async answer({ path, query, past }) {
    const trades = past(path.split("/")[4] ?? "");
    if (trades === undefined) return NOT_FOUND;
    const [newest] = await trades.before(undefined, 1);
    const fromUs = (newest?.timeUs ?? 0) - (WINDOW_US[query.get("time") ?? "hour"] ?? 0);
    const found = await trades.since(fromUs, TRADES_MAX);
    const records = [...found]
      .reverse()
      .map(
        ({ id, price, size, isBuy, timeUs }) =>
          `{"date":"${Math.floor(timeUs / 1_000_000)}","tid":"${id}","amount":"${size}","type":"${isBuy ? 0 : 1}","price":"${price}"}`,
      );
    return { body: `[${records.join(",")}]` };
  },
};
