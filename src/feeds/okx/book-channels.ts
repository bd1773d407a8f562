import type { BookChannel } from "../../domain/index.ts";

/**
 * `books`: 400 levels, changes every 100 ms. `books5`: the best five anew, every 100 ms where they changed. `bbo-tbt`:
 * the best bid and ask, every 10 ms where they changed. The tick-by-tick books need a login with a fee level.
 *
 * @see https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
 */
export const BOOK_CHANNELS: readonly BookChannel[] = [
  { name: "books", channel: "book", depth: 400 },
  { name: "books5", channel: "book", depth: 5 },
  { name: "bbo-tbt", channel: "quote" },
];
