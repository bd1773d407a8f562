import type { PastTrades } from "../play/index.ts";
import type { BookMoment } from "../protocols/index.ts";

export interface RestAsked {
  readonly feed: string;
  /** Behind the feed's name. */
  readonly path: string;
  readonly query: URLSearchParams;
  past(symbol: string): PastTrades | undefined;
  /** @param channel whose messages count */
  book(symbol: string, channel?: string): BookMoment | undefined;
  /** The same of a market that has only just begun: waited for a while, until the symbol has traded. */
  bookSoon(symbol: string): Promise<BookMoment | undefined>;
}

export interface RestSaid {
  /** Default 200. */
  readonly status?: number;
  readonly body: string;
}

/** One request that a venue answers over HTTP, as it documents it. */
export interface RestRoute {
  readonly feeds: readonly string[];
  readonly pattern: RegExp;
  answer(asked: RestAsked): Promise<RestSaid>;
}
