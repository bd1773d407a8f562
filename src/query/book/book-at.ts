import type { Abortable } from "../../base/index.ts";
import { formatInstant, formatShortest, type Listing, naturalPrice, naturalSize } from "../../domain/index.ts";
import type { Store } from "../../store/index.ts";
import type { Sources } from "../sources.ts";
import { BookNotFoundError, BookNotProvenError } from "./book-errors.ts";
import { listingOf } from "./book-listing.ts";
import type { BookAnswer, BookLevelRow, BookRequest } from "./book-request.ts";
import { type FoundSnapshot, latestSnapshots, openGaps } from "./book-snapshot.ts";
import { RebuiltBook } from "./rebuilt-book.ts";

/** Later than any time that a row can have. */
const NOW_US = 9_007_199_254_000_000;

/** The book at a time, or why there is none; see QueryEngine.book. */
export async function bookAt(
  request: BookRequest,
  sources: Sources,
  store: Pick<Store, "query" | "listings">,
  { signal }: Abortable,
): Promise<BookAnswer> {
  const listing = listingOf(request, store.listings());
  const atUs = request.atUs ?? NOW_US;
  const from = { sources, store, signal };
  const snapshots = await latestSnapshots(listing, atUs, from);
  const gaps = await openGaps(listing, atUs, from);
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
  return answerOf(listing, proven, book, { depth: request.depth, receipt: sources.receipt() });
}

function answerOf(
  { venue, symbol, rawSymbol, unitExponent }: Listing,
  snapshot: FoundSnapshot,
  book: RebuiltBook,
  { depth, receipt }: { readonly depth: number; readonly receipt: BookAnswer["receipt"] },
): BookAnswer {
  const natural = ([price, size]: readonly [bigint, bigint]): BookLevelRow => ({
    price: formatShortest(naturalPrice(price, unitExponent)),
    size: formatShortest(naturalSize(size, unitExponent)),
  });
  return {
    venue,
    symbol,
    rawSymbol,
    time: formatInstant(book.timeUs),
    bids: book.bids(depth).map(natural),
    asks: book.asks(depth).map(natural),
    proof: {
      connection: snapshot.connection,
      epoch: snapshot.epoch,
      snapshotTime: formatInstant(snapshot.timeUs),
      snapshotCause: snapshot.cause,
      checksum: snapshot.checksum === "ok" ? "ok" : "none",
      changes: book.changes,
      sequence: book.sequence,
      subscribedDepth: snapshot.depth,
      complete: book.complete,
    },
    receipt,
  };
}
