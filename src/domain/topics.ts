/** Topics of the event log. Trades, bars and gaps are keyed by listing or connection, so each one's order is kept. */
export const TOPICS = {
  /** One record a listing, one partition: a listing's offset is its number in every other record. */
  listings: "market.listings",
  trades: "market.trades",
  bars: "market.bars",
  /** One record a change of the best bid or ask. */
  quotes: "market.quotes",
  /** One record a message of a book channel, its levels packed in it; a long one makes several. */
  bookChanges: "market.book-changes",
  bookSnapshots: "market.book-snapshots",
  /** One record an event of an order. */
  orders: "market.orders",
  /** What venues publish beside trades and books, one record a statement: see docs/venue-data.md. */
  tickers: "market.tickers",
  candles: "market.candles",
  funding: "market.funding",
  liquidations: "market.liquidations",
  status: "market.status",
  gaps: "market.gaps",
  quarantine: "market.quarantine",
  /** One record a listing and minute. */
  quality: "market.quality",
  /** The same of best bids and asks. */
  quoteQuality: "market.quote-quality",
} as const;
/**
 * market.gaps and market.quarantine have several writers, each with a partition of its own, as a partition has one writer:
 * what is found in trades' frames, in books', and (refusals alone) in those of what else venues publish.
 */
export const TRADES_PARTITION = 0;
export const BOOKS_PARTITION = 1;
export const VENUE_DATA_PARTITION = 2;

export type EventTopic = (typeof TOPICS)[keyof typeof TOPICS];

const RAW_PREFIX = "raw.";

/** The raw log's topic of a feed: every frame, one partition a connection. No topic's name has a colon, but a feed's may. */
export function rawTopic(feed: string): string {
  return RAW_PREFIX + feed.replace(":", ".");
}

/** The feed behind a raw topic; undefined for other topics. */
export function feedOfTopic(topic: string): string | undefined {
  return topic.startsWith(RAW_PREFIX) ? topic.slice(RAW_PREFIX.length).replace(".", ":") : undefined;
}
