import type { Feed } from "../../feeds/index.ts";
import { planConnections } from "../../feeds/index.ts";
import type { CapturedFeed } from "../capture.ts";

/** A configured feed, and where its venue is asked for what was missed. */
export interface HealedFeed {
  readonly feed: Feed;
  /** undefined: the venue cannot be asked, or not at the URL that is captured from. */
  readonly endpoint: string | undefined;
  /** Those that carry trades. */
  readonly channels: readonly string[];
  /** The partition of the feed's raw topic that each of its connections has, by name. */
  readonly partitions: ReadonlyMap<string, number>;
  /** Connection by raw symbol. */
  readonly connections: ReadonlyMap<string, string>;
}

/**
 * Who can be asked for what. A feed that is captured from elsewhere than the venue (`url`) is healed from elsewhere as
 * well (`restUrl`), or not at all: the venue's own answers would not be of the same market.
 *
 * @param simulated the local market's endpoint for a feed; undefined in live mode
 */
export function healedFeeds(
  feeds: readonly CapturedFeed[],
  simulated?: (feed: string) => string | undefined,
): readonly HealedFeed[] {
  return feeds.map(({ feed, config, symbols }) => {
    const plan = planConnections(feed, [...symbols.keys()], config.channels);
    // Those of trades come first; what else is captured at other endpoints has connections of its own.
    const ofTrades = plan.filter(({ channels }) => channels?.some((name) => feed.channels.includes(name)) ?? true);
    const own = isOwn(feed, config) ? (simulated === undefined ? feed.rest?.url : simulated(feed.id)) : undefined;
    const chosen = config.channels ?? feed.channels.slice(0, 1);
    return {
      feed,
      endpoint: feed.rest === undefined ? undefined : (config.restUrl ?? own),
      channels: feed.channels.filter((channel) => chosen.includes(channel)),
      partitions: new Map(plan.map(({ name, index }) => [name, index])),
      connections: new Map(ofTrades.flatMap(({ name, symbols: names }) => names.map((symbol) => [symbol, name]))),
    };
  });
}

/** Whether it is captured from the venue itself: one of several endpoints is the venue's usual one, or none is named. */
function isOwn(feed: Feed, { url, urls }: CapturedFeed["config"]): boolean {
  const hostOf = (text: string | undefined): string | undefined =>
    text === undefined || !URL.canParse(text) ? undefined : new URL(text).hostname;
  const usual = hostOf(feed.url);
  return url === undefined && (urls?.some((other) => hostOf(other) === usual) ?? true);
}
