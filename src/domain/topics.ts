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
  gaps: "market.gaps",
  quarantine: "market.quarantine",
  /** One record a listing and minute. */
  quality: "market.quality",
} as const;
/**
 * market.gaps and market.quarantine have two writers, each with a partition of its own, as a partition has one writer:
 * what is found in trades' frames, and what in books'.
 */
export const TRADES_PARTITION = 0;
export const BOOKS_PARTITION = 1;

export type EventTopic = (typeof TOPICS)[keyof typeof TOPICS];

const RAW_PREFIX = "raw.";

/** The raw log's topic of a feed: every frame, one partition a connection. */
export function rawTopic(feed: string): string {
  return RAW_PREFIX + feed;
}

/** The feed behind a raw topic; undefined for other topics. */
export function feedOfTopic(topic: string): string | undefined {
  return topic.startsWith(RAW_PREFIX) ? topic.slice(RAW_PREFIX.length) : undefined;
}
