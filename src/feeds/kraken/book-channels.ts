import type { BookChannel } from "../../domain/index.ts";

const BOOKS: readonly BookChannel[] = [10, 25, 100, 500, 1000].map((depth) => ({
  name: `book-${depth}`,
  channel: "book",
  depth,
}));

/** @see https://docs.kraken.com/api/docs/websocket-v2/book @see https://docs.kraken.com/api/docs/websocket-v2/ticker */
export const V2_BOOK_CHANNELS: readonly BookChannel[] = [...BOOKS, { name: "ticker", channel: "quote" }];

/** @see https://docs.kraken.com/api/docs/websocket-v1/book @see https://docs.kraken.com/api/docs/websocket-v1/spread */
export const V1_BOOK_CHANNELS: readonly BookChannel[] = [
  ...BOOKS,
  { name: "spread", channel: "quote" },
  { name: "ticker", channel: "quote" },
];
