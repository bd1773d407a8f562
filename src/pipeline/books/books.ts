import type { Abortable, Clock, Logger, Metrics, Random } from "../../base/index.ts";
import { type LiveBook, TOPICS } from "../../domain/index.ts";
import type { ListingDesk } from "../listing-book.ts";
import type { EventSink, RawSource, TopicPosition } from "../ports.ts";
import { SideStage } from "../side/side-stage.ts";
import { BookOutput, type DurableBooks } from "./book-output.ts";
import { BookPartition } from "./book-partition.ts";
import { type BookRules, SNAPSHOT_RULES, type SnapshotRules } from "./book-rules.ts";
import { BooksMetrics } from "./books-metrics.ts";
import { JudgedBooks } from "./quality/judged-books.ts";
import { QuoteMinutes } from "./quality/quote-minutes.ts";
import { toldMinutes } from "./quality/told-minutes.ts";
import type { WantedSnapshot } from "./wanted-snapshot.ts";

/** Checkpoints of the books. */
export const BOOKS_STATE_TOPIC = "books.state";

/** Name of the consumer group under which the progress of books on the raw topics is committed. */
export const BOOKS_GROUP = "books";

export interface BooksOptions {
  readonly raw: RawSource;
  /** Its event topics exist; market.gaps and market.quarantine have the partition BOOKS_PARTITION. */
  readonly events: EventSink;
  readonly rules: BookRules;
  /** Raw topics of the feeds whose book channels are read. */
  readonly rawTopics: readonly string[];
  /** Of the pipeline of trades, which alone writes listings. */
  readonly desk: ListingDesk;
  readonly snapshots?: SnapshotRules | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
  /** A book waits for the answer to a request; called for each message that waits, of frames that are new. */
  readonly onSnapshotWanted?: ((wanted: WantedSnapshot) => void) | undefined;
  /** Called after each append that told quotes, changes of books, gaps or minutes, in order. */
  readonly onEvents?: ((events: DurableBooks) => void) | undefined;
  readonly framesMax?: number | undefined;
  /** Frame bytes between checkpoints, at least. */
  readonly checkpointBytes?: number | undefined;
}

export interface BooksStatus {
  /** Up to where (exclusive) each raw partition's events are durable. */
  readonly positions: readonly TopicPosition[];
  readonly books: number;
  /** Of them, those that are proven now. */
  readonly proven: number;
  readonly levels: number;
  /** Why the last append must be tried again; undefined while all is well. */
  readonly stalled: string | undefined;
}

/**
 * Raw log → quotes, book changes, snapshots and the gaps of books, exactly once, beside the pipeline of trades: with its
 * own progress, so that neither waits for the other.
 */
export interface Books {
  /** As Pipeline.run. */
  run(options?: Abortable & { readonly follow?: boolean }): Promise<void>;
  status(): BooksStatus;
  /**
   * The books of a listing as they stand, one a connection: after the last frame taken in, which is durable, a moment
   * before their events are. None where they are not known yet, and of archives.
   */
  live(listing: number): readonly LiveBook[];
  /** What retention must keep for the next start: frames since the last checkpoint, and the checkpoint. */
  keepFrom(): readonly TopicPosition[];
}

/** Reads the last checkpoint. Makes `books.state` if it is not there. */
export async function openBooks(options: BooksOptions, { signal }: Abortable = {}): Promise<Books> {
  const { rules, desk, snapshots = SNAPSHOT_RULES, onSnapshotWanted, onEvents, metrics: registry, ...others } = options;
  const metrics = new BooksMetrics(registry);
  const told = await toldMinutes(options.events, { signal });
  const minutes = new QuoteMinutes(desk.listings, told);
  let toldEnd = told.endOffset;
  const stage = await SideStage.open<JudgedBooks, BookOutput>(
    {
      ...others,
      name: "books",
      group: BOOKS_GROUP,
      stateTopic: BOOKS_STATE_TOPIC,
      open: (feed, partition) =>
        new JudgedBooks(new BookPartition({ feed, partition, rules, desk, snapshots, onSnapshotWanted }), minutes),
      output: new BookOutput(),
      shared: minutes,
      whenListed: (count, waiting) => desk.whenDurable(count, waiting),
      onDurable: ({ tally, taken }, latencyMs) => {
        const { quotes, changes, gaps, minutes: rows } = taken;
        if (quotes.count + changes.count + gaps.length + rows.length > 0) onEvents?.(taken);
        toldEnd += tally.quoteMinutes;
        metrics.durable(tally, latencyMs);
      },
    },
    { signal },
  );
  return {
    run: (running) => stage.run(running),
    status: () => ({ positions: stage.positions(), ...countsOf(stage.states()), stalled: stage.stalled }),
    live: (listing) => stage.states().flatMap(({ books }) => books.live(listing)),
    keepFrom: () => [...stage.keepFrom(), ...lastTold(toldEnd)],
  };
}

/** The next start asks the last row which minutes are told. */
function lastTold(endOffset: number): readonly TopicPosition[] {
  return endOffset === 0 ? [] : [{ topic: TOPICS.quoteQuality, partition: 0, offset: endOffset - 1 }];
}

function countsOf(partitions: readonly JudgedBooks[]): Pick<BooksStatus, "books" | "proven" | "levels"> {
  let [books, proven, levels] = [0, 0, 0];
  for (const partition of partitions) {
    const counts = partition.books.counts();
    books += counts.books;
    proven += counts.proven;
    levels += counts.levels;
  }
  return { books, proven, levels };
}
