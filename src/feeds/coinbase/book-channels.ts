import type { BookChannel } from "../../domain/index.ts";

/** Advanced Trade: the whole book; frames of it say "l2_data". @see https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/websocket/level2.md */
export const ADVANCED_BOOK_CHANNELS: readonly BookChannel[] = [{ name: "level2", channel: "book" }];

/**
 * Exchange: the whole book, each change by itself (for which the venue asks for a login) or gathered for 50 ms.
 *
 * @see https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#level2-channel
 */
export const EXCHANGE_BOOK_CHANNELS: readonly BookChannel[] = [
  { name: "level2_batch", channel: "book" },
  { name: "level2", channel: "book" },
];
