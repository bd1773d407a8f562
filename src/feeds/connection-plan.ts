import { InvalidInputError } from "../base/index.ts";
import type { Feed } from "./feed.ts";
import { streamedChannels } from "./polling/polled-channel.ts";

export interface ConnectionPlan {
  /** Its place within the feed, from 0: the partition of `raw.<feed>`. */
  readonly index: number;
  /** `<feed>/<index>`: stable over reconnects and restarts while the symbols and channels are. */
  readonly name: string;
  /** In the venue's spelling. */
  readonly symbols: readonly string[];
  /** Those that are captured over it; absent where only their number was given. */
  readonly channels?: readonly string[];
}

type Planned = Pick<Feed, "id" | "limits"> & Partial<Pick<Feed, "url" | "channelUrls" | "channels" | "venueData">>;

/**
 * Spreads symbols over as few connections as the venue's limits allow, evenly and in their order. Channels that the venue
 * serves at different endpoints have connections of their own, first those of trades; those that are polled have none.
 *
 * @param channels the channels that are captured, or how many of each symbol
 * @throws {InvalidInputError} when there is no symbol, or one twice
 */
export function planConnections(
  feed: Planned,
  rawSymbols: readonly string[],
  channels: number | readonly string[] = 1,
): readonly ConnectionPlan[] {
  const repeated = rawSymbols.find((symbol, index) => rawSymbols.indexOf(symbol) !== index);
  if (rawSymbols.length === 0 || repeated !== undefined) {
    throw new InvalidInputError(
      `Cannot capture ${feed.id}: ${repeated === undefined ? "no symbol is named" : `${repeated} is named twice`}. ` +
        "Nothing was started. Name each symbol once",
    );
  }
  const groups = typeof channels === "number" ? [undefined] : byEndpoint(feed, streamedChannels(feed, channels));
  return groups
    .flatMap((group) =>
      spread(feed, rawSymbols, group?.length ?? Number(channels)).map((symbols) => ({ symbols, group })),
    )
    .map(({ symbols, group }, index) => ({
      index,
      name: `${feed.id}/${index}`,
      symbols,
      ...(group === undefined ? {} : { channels: group }),
    }));
}

/** Symbols by connection, each with so many channels. */
function spread({ limits }: Planned, rawSymbols: readonly string[], channels: number): readonly (readonly string[])[] {
  const { symbolsPerConnectionMax, subscriptionsPerConnectionMax = Number.POSITIVE_INFINITY } = limits;
  const symbolsMax = Math.max(
    1,
    Math.min(symbolsPerConnectionMax, Math.floor(subscriptionsPerConnectionMax / channels)),
  );
  const connections = Math.ceil(rawSymbols.length / symbolsMax);
  return Array.from({ length: connections }, (_, index) =>
    rawSymbols.slice(
      Math.floor((index * rawSymbols.length) / connections),
      Math.floor(((index + 1) * rawSymbols.length) / connections),
    ),
  );
}

/** Channels by where the venue serves them, whatever URL they are captured from: so the plan does not hang on it. */
function byEndpoint(feed: Planned, channels: readonly string[]): readonly (readonly string[])[] {
  const groups = new Map<string | undefined, string[]>();
  for (const channel of channels) {
    const endpoint = feed.channelUrls?.[channel] ?? feed.url;
    groups.set(endpoint, [...(groups.get(endpoint) ?? []), channel]);
  }
  const hasTrades = (group: readonly string[]): boolean =>
    group.some((channel) => feed.channels?.includes(channel) === true);
  const all = [...groups.values()];
  return [...all.filter(hasTrades), ...all.filter((group) => !hasTrades(group))];
}
