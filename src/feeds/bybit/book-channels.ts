import type { BookChannel } from "../../domain/index.ts";

/**
 * Depths that the venue serves; not every market has all of them. Depth 1 is the best bid and ask, every 10 ms at most.
 *
 * @see https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */
export const BOOK_CHANNELS: readonly BookChannel[] = [
  { name: "orderbook.1", channel: "quote" },
  ...[50, 200, 500, 1000].map((depth) => ({ name: `orderbook.${depth}`, channel: "book" as const, depth })),
];
