import type { Clock, Logger, Metrics, Random } from "../base/index.ts";
import { rawTopic } from "../domain/index.ts";
import type { Feed } from "../feeds/index.ts";
import type { PieceCounts } from "../imports/index.ts";
import type { Log } from "../log/index.ts";
import {
  type BookRules,
  type Books,
  type DurableBooks,
  openBooks,
  type Pipeline,
  type WantedSnapshot,
} from "../pipeline/index.ts";
import type { CapturedFeed } from "./capture.ts";
import type { Config } from "./config.ts";
import { importBookReader, isImportFeed } from "./import/import-feeds.ts";

/** Raw topics of the feeds whose configuration names a channel of books or quotes. */
export function bookTopics(feeds: readonly CapturedFeed[]): readonly string[] {
  return feeds.filter((captured) => bookChannels(captured).length > 0).map(({ feed }) => rawTopic(feed.id));
}

/** What the keeper of books must know of the configured feeds, and of imported files: those say themselves what they are. */
export function bookRules(feeds: readonly CapturedFeed[], onImportPiece?: (counts: PieceCounts) => void): BookRules {
  const configured = new Map(feeds.map((captured) => [captured.feed.id, captured]));
  const captured = (id: string): CapturedFeed => {
    const found = configured.get(id);
    if (found === undefined) throw new Error(`The books ask for feed ${id}, which is not configured`);
    return found;
  };
  return {
    venueOf: (id) => (isImportFeed(id) ? id : captured(id).feed.venue),
    isArchive: isImportFeed,
    readerFor: (id) => {
      if (isImportFeed(id)) return importBookReader(id, onImportPiece);
      const { books } = captured(id).feed;
      if (books === undefined) throw new Error(`The books ask for a reader of feed ${id}, which has no book channels`);
      return books.createBookReader({ channels: bookChannels(captured(id)) });
    },
    instrument: (id, rawSymbol) => {
      const { feed, symbols } = captured(id);
      const symbol = symbols.get(rawSymbol);
      return symbol === undefined ? undefined : { symbol, venue: feed.venue };
    },
  };
}

/** Of the channels that are configured, those of books and quotes. */
function bookChannels({
  feed,
  config,
}: {
  readonly feed: Feed;
  readonly config: CapturedFeed["config"];
}): readonly string[] {
  const known = new Set(feed.books?.channels.map(({ name }) => name));
  return (config.channels ?? []).filter((name) => known.has(name));
}

/** The requests that make the venue send a book whole on its socket; undefined where it is to be asked otherwise. */
export function bookRenewal(
  feeds: readonly CapturedFeed[],
  { feed: id, rawSymbol }: Pick<WantedSnapshot, "feed" | "rawSymbol">,
): readonly string[] | undefined {
  const captured = feeds.find(({ feed }) => feed.id === id);
  const books = captured?.feed.books;
  const chosen = captured === undefined ? [] : bookChannels(captured);
  const book = books?.channels.find(({ name, channel }) => channel === "book" && chosen.includes(name));
  return book === undefined ? undefined : books?.renewal?.(rawSymbol, book.name);
}

/** Undefined where neither feeds have channels of books or quotes nor files of them were imported: then nothing runs. */
export async function keepBooks(
  { books }: Config,
  feeds: readonly CapturedFeed[],
  {
    log,
    pipeline,
    importTopics,
    onImportPiece,
    ...more
  }: {
    readonly log: Log;
    readonly pipeline: Pipeline;
    /** Raw topics of imported files of books. */
    readonly importTopics: readonly string[];
    readonly onImportPiece?: (counts: PieceCounts) => void;
    readonly onSnapshotWanted?: (want: WantedSnapshot) => void;
    readonly onEvents?: (events: DurableBooks) => void;
    readonly clock: Clock;
    readonly random: Random;
    readonly logger: Logger;
    readonly metrics?: Metrics;
  },
): Promise<Books | undefined> {
  const topics = [...bookTopics(feeds), ...importTopics];
  if (topics.length === 0) return undefined;
  return await openBooks({
    raw: log,
    events: log,
    rules: bookRules(feeds, onImportPiece),
    rawTopics: topics,
    desk: pipeline.listingDesk,
    snapshots: { everyMs: books.snapshotEveryMs, depth: books.snapshotDepth },
    ...more,
  });
}
