import type { FrameDecoder } from "../domain/index.ts";
import { feedById } from "../feeds/index.ts";
import type { FeedRules } from "../pipeline/index.ts";
import type { CapturedFeed } from "./capture.ts";

/** What the pipeline must know of the configured feeds. */
export function feedRules(feeds: readonly CapturedFeed[]): FeedRules {
  const configured = new Map(feeds.map((captured) => [captured.feed.id, captured]));
  return {
    venueOf: (feed) => feedById(feed).venue,
    decoderFor: (feed): FrameDecoder => {
      const { config } = configured.get(feed) ?? {};
      const { channels, createDecoder } = feedById(feed);
      return createDecoder({ channels: config?.channels ?? channels.slice(0, 1) });
    },
    instrument: (feed, rawSymbol) => {
      const symbol = configured.get(feed)?.symbols.get(rawSymbol);
      return symbol === undefined ? undefined : { symbol, venue: feedById(feed).venue };
    },
  };
}
