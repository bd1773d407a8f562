import type { VenueDataKind } from "../../domain/index.ts";
import type { Feed } from "../feed.ts";

/** What configuration may say instead of a venue's own names, the same for all venues. */
const WORDS: ReadonlyMap<string, VenueDataKind> = new Map<string, VenueDataKind>([
  ["tickers", "ticker"],
  ["funding", "funding"],
  ["liquidations", "liquidation"],
  ["status", "status"],
]);
const CANDLES = /^candles(?:-(\w+))?$/;
const INTERVAL_DEFAULT = "1m";

/**
 * Channels by the names of the venue. `tickers`, `funding`, `liquidations` and `status` stand for the venue's channels of
 * that kind, all that belong together; `candles-5m` for its candles of that interval, `candles` for those of a minute (of
 * the venue's only interval, where it has one). Any other name, also a word for what the venue does not tell, stays as it is.
 */
export function channelsOfWords(feed: Pick<Feed, "venueData">, names: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap((name) => meantBy(feed, name)))];
}

function meantBy({ venueData }: Pick<Feed, "venueData">, name: string): readonly string[] {
  if (venueData === undefined) return [name];
  const candles = CANDLES.exec(name);
  if (candles !== null) {
    const all = venueData.channels.filter(({ interval }) => interval !== undefined);
    const [, wanted = all.length === 1 ? all[0]?.interval : INTERVAL_DEFAULT] = candles;
    // Of two that begin by different clocks the first is the one by Greenwich's.
    const found = all.find(({ interval }) => interval === wanted);
    return [found?.name ?? name];
  }
  const kind = WORDS.get(name);
  if (kind === undefined) return [name];
  const { channels, usual = channels.map((channel) => channel.name) } = venueData;
  const meant = channels.filter((channel) => channel.kinds.includes(kind) && usual.includes(channel.name));
  return meant.length === 0 ? [name] : meant.map((channel) => channel.name);
}
