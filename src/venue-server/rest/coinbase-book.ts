import { productBook } from "../protocols/index.ts";
import type { RestRoute } from "./rest-route.ts";

/** @see https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-book */
export const coinbaseBook: RestRoute = {
  feeds: ["coinbase-exchange"],
  pattern: /^\/products\/[^/]+\/book$/,
  async answer({ path, query, book }) {
    const moment = book(decodeURIComponent(path.split("/")[2] ?? ""), "full");
    if (moment === undefined) return { status: 404, body: '{"message":"NotFound"}' };
    const level = query.get("level") ?? "1";
    if (level !== "1" && level !== "2" && level !== "3") return { status: 400, body: '{"message":"Invalid level"}' };
    return { body: productBook(moment, level === "1" ? 1 : level === "2" ? 2 : 3) };
  },
};
