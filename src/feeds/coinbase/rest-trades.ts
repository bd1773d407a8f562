import { isObject } from "../decode/lexeme-json.ts";
import { askDownwards, findId } from "../rest/dialogues.ts";
import { malformedAnswer, readJsonTrades } from "../rest/read-json.ts";
import type { RestRequest, RestTrades } from "../rest/rest-trades.ts";
import { readMatch } from "./match-message.ts";

const PAGE_MAX = 1000;

/*
 * Exchange: GET /products/{product_id}/trades?limit=1000&after=<id>: [record, …], newest first, ids below `after`.
 * https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-trades
 * https://docs.cdp.coinbase.com/exchange/rest-api/pagination
 * https://docs.cdp.coinbase.com/exchange/rest-api/rate-limits: 10 requests a second and address
 *
 *   trade_id  a number        side   the MAKER's, as in the stream ("The side of a trade indicates the maker order side")
 *   price, size  decimal text time   RFC 3339, up to nine decimals
 *
 * Advanced Trade is the same market with the same ids, so its feed is healed from here as well. The path alone names
 * the product.
 */
export const coinbaseRest: RestTrades = {
  url: "https://api.exchange.coinbase.com",
  documentation: "https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-trades",
  limits: { weightPerMinute: 300, weightBurst: 10 },
  reach: "all trades",
  isNewestOnly: false,
  *ask(wanted) {
    const request = (limit: number, before: number | undefined): RestRequest => ({
      path: `/products/${encodeURIComponent(wanted.rawSymbol)}/trades?limit=${limit}${before === undefined ? "" : `&after=${before}`}`,
      weight: 1,
    });
    // Pages descend: without the id of the end, a time in the past must be found first.
    let { lastId } = wanted;
    if (wanted.firstId === undefined) lastId ??= yield* findId(wanted.toUs, (before) => request(1, before));
    return yield* askDownwards(
      { ...wanted, lastId },
      { pageMax: PAGE_MAX, request: (before) => request(PAGE_MAX, before), hasAll: true },
    );
  },
  read: (answer) =>
    readJsonTrades(answer, ["/trades"], (body, symbol) =>
      Array.isArray(body)
        ? {
            kind: "trades",
            trades: body
              .map((record) =>
                isObject(record)
                  ? readMatch({ ...record, product_id: symbol })
                  : { problem: "a trade is not an object", rawSymbol: symbol },
              )
              .reverse(),
          }
        : malformedAnswer("not an array of trades"),
    ),
};
