import type { BookChannel } from "../../domain/index.ts";

/** ccxt's `watchTrades`. */
export const WATCHED = "trades";
/** ccxt's `fetchTrades`, asked again and again: for exchanges that ccxt has no stream of. */
export const FETCHED = "fetched-trades";

/** Channels of trades, the default first. Their ids need not agree: capture an exchange by one of the two. */
export const CHANNELS: readonly string[] = [WATCHED, FETCHED];

/** ccxt's `watchOrderBook`: the best levels anew with each change. */
export const BOOK_CHANNEL: BookChannel = { name: "order-book", channel: "book", depth: 50 };
