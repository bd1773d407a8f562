import type { Abortable } from "../../base/index.ts";
import { formatInstant, type Listing } from "../../domain/index.ts";
import type { Store } from "../../store/index.ts";
import type { Sources } from "../sources.ts";
import { bookAnswer } from "./book-answer.ts";
import { BookNotFoundError, BookNotProvenError } from "./book-errors.ts";
import { openGaps } from "./book-gaps.ts";
import type { BookAnswer, BookRequest } from "./book-request.ts";
import { latestSnapshots } from "./book-snapshot.ts";
import { RebuiltBook } from "./rebuilt-book.ts";

/** Later than any time that a row can have. */
const NOW_US = 9_007_199_254_000_000;

/** The book at a time, or why there is none; see QueryEngine.book. */
export async function bookAt(
  listing: Listing,
  request: Pick<BookRequest, "atUs" | "depth">,
  sources: Sources,
  store: Pick<Store, "query">,
  { signal }: Abortable,
): Promise<BookAnswer> {
  const atUs = request.atUs ?? NOW_US;
  const from = { sources, store, signal };
  const snapshots = await latestSnapshots(listing, atUs, from);
  const gaps = await openGaps(listing, atUs, snapshots, from);
  const when = request.atUs === undefined ? "now" : `at ${formatInstant(request.atUs)}`;
  const { venue, symbol } = listing;
  const proven = snapshots.find(({ connection }) => !gaps.has(connection));
  if (proven === undefined) {
    const gap = gaps.get(snapshots[0]?.connection ?? "") ?? [...gaps.values()][0];
    if (gap !== undefined)
      throw new BookNotProvenError({ venue, symbol, when }, { ...gap, since: formatInstant(gap.fromUs) });
    throw new BookNotFoundError(
      `No book of ${symbol} at ${venue} is known ${when}: no whole one was received until then. ` +
        "Books are kept of feeds whose configuration names a book channel (docs/books.md), from their first snapshot on",
    );
  }
  const book = new RebuiltBook(listing, proven);
  await book.read(atUs, from);
  if (book.unprovenUs !== undefined)
    throw new BookNotProvenError({ venue, symbol, when }, { since: formatInstant(book.unprovenUs) });
  return bookAnswer(listing, book, { depth: request.depth, receipt: sources.receipt() });
}
