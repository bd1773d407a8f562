import type { RestRoute } from "./rest-route.ts";

const LIMIT_MAX = 500;

/** @see https://docs.gemini.com/rest/market-data#list-trades */
export const geminiTrades: RestRoute = {
  feeds: ["gemini"],
  pattern: /^\/v1\/trades\/[^/]+$/,
  async answer({ path, query, past }) {
    const trades = past((path.split("/")[3] ?? "").toUpperCase());
    if (trades === undefined)
      return {
        status: 400,
        body: '{"result":"error","reason":"InvalidSymbol","message":"Received an unknown symbol"}',
      };
    const limit = Math.min(LIMIT_MAX, Number(query.get("limit_trades") ?? 50));
    const tid = query.get("since_tid");
    const timestamp = query.get("timestamp");
    const found =
      tid !== null
        ? await trades.from(Number(tid) + 1, limit)
        : timestamp === null
          ? await trades.before(undefined, limit)
          : await trades.since((Number(timestamp) + 1) * 1000, limit);
    const records = [...found]
      .reverse()
      .map(
        ({ id, price, size, isBuy, timeUs }) =>
          `{"timestamp":${Math.floor(timeUs / 1_000_000)},"timestampms":${Math.floor(timeUs / 1000)},"tid":${id},"price":"${price}","amount":"${size}","exchange":"gemini","type":"${isBuy ? "buy" : "sell"}"}`,
      );
    return { body: `[${records.join(",")}]` };
  },
};
