import type { BookChannel } from "../../domain/index.ts";

/** Every level that changed, several times a second; the book itself is asked for over HTTP. */
export const DIFFERENCES: BookChannel = { name: "diff_order_book", channel: "book" };
/** The best hundred levels a side anew, several times a second. */
export const BEST: BookChannel = { name: "order_book", channel: "book", depth: 100 };
/** Each order as it comes, changes and goes: the book of `live-orders.ts`, which is told as its levels. */
export const LIVE_ORDERS: BookChannel = { name: "live_orders", channel: "book" };

/** @see https://www.bitstamp.net/websocket/v2/ */
export const BOOK_CHANNELS: readonly BookChannel[] = [DIFFERENCES, BEST, LIVE_ORDERS];
