import { type BookSide, formatInstant, type Listing, type LiveBook, rawTopic } from "../../domain/index.ts";
import { bookAnswer } from "./book-answer.ts";
import { BookNotProvenError } from "./book-errors.ts";
import type { BookAnswer } from "./book-request.ts";

/**
 * The book that the running pipeline holds: what the tables will say, without waiting until they do.
 *
 * @param books of the listing, one a connection
 * @returns undefined where it holds none: the tables may know one
 * @throws {BookNotProvenError} when none of them is proven
 */
export function bookNow(listing: Listing, books: readonly LiveBook[], depth: number): BookAnswer | undefined {
  // As bookAt chooses between connections.
  const newestFirst = books.toSorted(
    (a, b) => b.snapshot.timeUs - a.snapshot.timeUs || (a.connection < b.connection ? -1 : 1),
  );
  const proven = newestFirst.find(({ isProven }) => isProven);
  if (proven !== undefined) return answerOf(listing, proven, depth);
  const gap = newestFirst.find((book) => book.gap !== undefined)?.gap;
  if (gap === undefined) return undefined;
  const { venue, symbol } = listing;
  throw new BookNotProvenError({ venue, symbol, when: "now" }, { ...gap, since: formatInstant(gap.fromUs) });
}

function answerOf(listing: Listing, book: LiveBook, depth: number): BookAnswer {
  const { connection, snapshot, feed, rawPartition, throughOffset, sequence } = book;
  const { epoch, timeUs, isPeriodic, isChecked } = snapshot;
  const standing = {
    snapshot: {
      ...{ connection, epoch, timeUs },
      cause: isPeriodic ? "periodic" : "replace",
      checksum: isChecked ? ("ok" as const) : ("none" as const),
      depth: book.depth === 0 ? null : book.depth,
    },
    ...{ timeUs: book.timeUs, rawPartition, rawOffset: book.rawOffset, frameIndex: book.frameIndex },
    changes: book.messages,
    sequence: sequence < 0 ? null : String(sequence),
    complete: true,
    bids: (most: number) => bestLevels(book.bids, most),
    asks: (most: number) => bestLevels(book.asks, most),
  };
  const tailOffsets = { [rawTopic(feed)]: [`${rawPartition}:${throughOffset + 1}`] };
  return bookAnswer(listing, standing, { depth, receipt: { snapshots: {}, lakeOffsets: {}, tailOffsets } });
}

/** Best first, mantissas. */
export function bestLevels(side: BookSide, depth: number): readonly (readonly [price: bigint, size: bigint])[] {
  return Array.from(
    { length: Math.min(side.length, depth) },
    (_, rank) => [side.price(rank), side.size(rank)] as const,
  );
}
