import type { Clock, Logger, Metrics, Random } from "../base/index.ts";
import {
  type EventTopic,
  ORDERS,
  rawTopic,
  type TableDefinition,
  TOPICS,
  VENUE_DATA_TABLES,
  type VenueDataReader,
} from "../domain/index.ts";
import type { Log } from "../log/index.ts";
import { openVenueData, type VenueData, type VenueDataRules } from "../pipeline/index.ts";
import type { CapturedFeed } from "./capture.ts";

/** Of the channels that are configured, those of tickers, candles, funding, liquidations and status. */
function venueDataChannels({ feed, config }: CapturedFeed): readonly string[] {
  const known = new Set(feed.venueData?.channels.map(({ name }) => name));
  return (config.channels ?? []).filter((name) => known.has(name));
}

/** Raw topics of the feeds whose configuration names such a channel. */
function venueDataTopics(feeds: readonly CapturedFeed[]): readonly string[] {
  return feeds.filter((captured) => venueDataChannels(captured).length > 0).map(({ feed }) => rawTopic(feed.id));
}

function venueDataRules(
  feeds: readonly CapturedFeed[],
  readerOfImport: (feed: string) => VenueDataReader | undefined,
): VenueDataRules {
  const configured = new Map(feeds.map((captured) => [captured.feed.id, captured]));
  return {
    venueOf: (id) => configured.get(id)?.feed.venue ?? id,
    readerFor: (id) => {
      const captured = configured.get(id);
      const reader =
        captured === undefined
          ? readerOfImport(id)
          : captured.feed.venueData?.createReader({ channels: venueDataChannels(captured) });
      if (reader === undefined) throw new Error(`Venue data asks for a reader of feed ${id}, which has none`);
      return reader;
    },
    instrument: (id, rawSymbol) => {
      const captured = configured.get(id);
      const symbol = captured?.symbols.get(rawSymbol);
      return captured === undefined || symbol === undefined ? undefined : { symbol, venue: captured.feed.venue };
    },
  };
}

export interface KeepVenueDataOptions {
  readonly log: Log;
  /** Raw topics of imported files of such data, and what reads their pieces. */
  readonly importTopics?: readonly string[];
  readonly readerOfImport?: (feed: string) => VenueDataReader | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

/** Undefined where neither feeds have such channels nor files of such data were imported: then nothing runs. */
export async function keepVenueData(
  feeds: readonly CapturedFeed[],
  { log, importTopics = [], readerOfImport = () => undefined, ...more }: KeepVenueDataOptions,
): Promise<VenueData | undefined> {
  const rawTopics = [...venueDataTopics(feeds), ...importTopics];
  if (rawTopics.length === 0) return undefined;
  return await openVenueData({
    raw: log,
    events: log,
    rules: venueDataRules(feeds, readerOfImport),
    rawTopics,
    ...more,
  });
}

/**
 * Of these tables, those that have rows or may get some: a table that no feed fills costs a start nothing.
 *
 * @param from who may bring rows yet; imported orders are read with imported books
 */
export async function tablesInUse(
  tables: readonly TableDefinition[],
  log: Pick<Log, "bounds">,
  from: { readonly venueData: VenueData | undefined; readonly hasOrders: boolean },
): Promise<readonly TableDefinition[]> {
  if (from.venueData !== undefined) return tables;
  const topics = new Map<TableDefinition, EventTopic>([
    ...(from.hasOrders ? [] : [[ORDERS, TOPICS.orders] as const]),
    ...Object.values(VENUE_DATA_TABLES).map(({ definition, topic }) => [definition, topic] as const),
  ]);
  const inUse: TableDefinition[] = [];
  for (const table of tables) {
    const topic = topics.get(table);
    const bounds = topic === undefined ? [] : await log.bounds(topic);
    if (topic === undefined || bounds.some(({ endOffset }) => endOffset > 0)) inUse.push(table);
  }
  return inUse;
}
