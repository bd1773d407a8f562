/** Topics of the event log. Trades, bars and gaps are keyed by listing or connection, so each one's order is kept. */
export const TOPICS = {
  /** One record a listing, one partition: a listing's offset is its number in every other record. */
  listings: "market.listings",
  trades: "market.trades",
  bars: "market.bars",
  gaps: "market.gaps",
  quarantine: "market.quarantine",
} as const;
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
