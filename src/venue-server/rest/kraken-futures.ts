import type { RestRoute } from "./rest-route.ts";

const PAGE = 100;

/** @see https://docs.kraken.com/api-reference/market-data/get-trade-history */
export const krakenFuturesTrades: RestRoute = {
  feeds: ["kraken-futures"],
  pattern: /^\/derivatives\/api\/v3\/history$/,
  async answer({ query, past }) {
    const trades = past(query.get("symbol") ?? "");
    if (trades === undefined)
      return { body: '{"result":"error","error":"invalidArgument: symbol","serverTime":"1970-01-01T00:00:00.000Z"}' };
    const beforeUs = Date.parse(query.get("lastTime") ?? "") * 1000;
    const [next] = Number.isNaN(beforeUs) ? [] : await trades.since(beforeUs, 1);
    const found = await trades.before(next?.number, PAGE);
    const records = [...found]
      .reverse()
      .map(
        ({ id, number, price, size, isBuy, timeUs }) =>
          `{"time":"${new Date(Math.floor(timeUs / 1000)).toISOString()}","trade_id":${number},"price":${price},"size":${size},"side":"${isBuy ? "buy" : "sell"}","type":"fill","uid":"${id}"}`,
      );
    return {
      body: `{"result":"success","history":[${records.join(",")}],"serverTime":"1970-01-01T00:00:00.000Z"}`,
    };
  },
};
