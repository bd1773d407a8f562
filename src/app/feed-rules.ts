import type { FrameDecoder } from "../domain/index.ts";
import { createRestDecoder, feedById } from "../feeds/index.ts";
import type { FeedRules } from "../pipeline/index.ts";
import type { CapturedFeed } from "./capture.ts";
import { importDecoder, isImportFeed } from "./import/import-feeds.ts";

/**
 * What the pipeline must know of the configured feeds, and of imported files: those say themselves what they are.
 *
 * @param heals whether somebody asks the venue for what a feed's connections missed
 */
export function feedRules(feeds: readonly CapturedFeed[], heals: (feed: string) => boolean = () => false): FeedRules {
  const configured = new Map(feeds.map((captured) => [captured.feed.id, captured]));
  return {
    venueOf: (feed) => (isImportFeed(feed) ? feed : feedById(feed).venue),
    isHistory: isImportFeed,
    decoderFor: (feed): FrameDecoder => {
      if (isImportFeed(feed)) return importDecoder(feed);
      const { config } = configured.get(feed) ?? {};
      const { channels, createDecoder } = feedById(feed);
      return createDecoder({ channels: config?.channels ?? channels.slice(0, 1) });
    },
    fetchedDecoderFor: (feed) => {
      const rest = isImportFeed(feed) ? undefined : feedById(feed).rest;
      return rest === undefined ? undefined : createRestDecoder(rest);
    },
    idsOf: (feed) => (isImportFeed(feed) ? undefined : feedById(feed).tradeIds?.kind),
    heals,
    instrument: (feed, rawSymbol) => {
      const symbol = configured.get(feed)?.symbols.get(rawSymbol);
      return symbol === undefined ? undefined : { symbol, venue: feedById(feed).venue };
    },
  };
}
