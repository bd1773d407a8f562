import type { BookChannel } from "../../domain/index.ts";

/** Advanced Trade: the whole book; frames of it say "l2_data". @see https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/websocket/level2.md */
export const ADVANCED_BOOK_CHANNELS: readonly BookChannel[] = [{ name: "level2", channel: "book" }];

/** Exchange: each order as it comes, changes, trades and goes: the book of `full-book-reader.ts`, told as its levels. */
export const FULL: BookChannel = { name: "full", channel: "book" };

/**
 * Exchange: the whole book, each change by itself or gathered for 50 ms; or order by order.
 *
 * @see https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#level2-channel
 */
export const EXCHANGE_BOOK_CHANNELS: readonly BookChannel[] = [
  { name: "level2_batch", channel: "book" },
  { name: "level2", channel: "book" },
  FULL,
];

/**
 * What the venue serves only to who logs in, which K2 does not: "level2, level3, and full channels now require
 * authentication" is its answer to others.
 *
 * @see https://docs.cloud.coinbase.com/exchange/docs/changelog#2023-aug-01
 */
export const EXCHANGE_LOGIN_CHANNELS: readonly string[] = ["level2", FULL.name];
