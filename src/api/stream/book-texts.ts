import { formatInstant, type Listing, type LiveBook } from "../../domain/index.ts";
import { bestLevels, levelRows, positionText } from "../../query/index.ts";
import type { BookStreamMessage } from "./book-messages.ts";

type Levels = readonly (readonly [price: bigint, size: bigint])[];
type LostBook = NonNullable<LiveBook["gap"]>;

/** What a row says beside what became of the levels. */
interface RowHead {
  readonly connection: string;
  readonly epoch: number;
  /** Receive time, microseconds. */
  readonly timeUs: number;
  readonly sequence: number;
  readonly position: string;
  /** 0: the whole book. */
  readonly depth: number;
}

/** A book as it stands; undefined where there is nothing to say of it. */
export function standingText(book: LiveBook, listing: Listing, depth: number): string | undefined {
  if (book.isProven) return wholeBookText(book, listing, depth);
  const { connection, snapshot, gap } = book;
  return gap === undefined ? undefined : lostBookText(listing, { connection, epoch: snapshot.epoch }, gap);
}

/** A whole book, to its best `depth` levels a side. */
export function wholeBookText(book: LiveBook, listing: Listing, depth: number): string {
  const levels = { bids: bestLevels(book.bids, depth), asks: bestLevels(book.asks, depth) };
  return rowText(listing, { ...book, epoch: book.snapshot.epoch, position: positionText(book) }, "snapshot", levels);
}

/** A message, as it came. @param previous position of the message before; of a change alone */
export function messageText(message: BookStreamMessage, listing: Listing, previous: string | undefined): string {
  return rowText(listing, message, message.isWhole ? "snapshot" : "change", message, previous);
}

/** A book that cannot be proven any more. */
export function lostBookText(
  listing: Listing,
  { connection, epoch }: Pick<RowHead, "connection" | "epoch">,
  { gapId, cause, fromUs, detail }: LostBook,
): string {
  const { venue, symbol, rawSymbol } = listing;
  const gap = { id: gapId, cause, since: formatInstant(fromUs), detail };
  return JSON.stringify({ venue, symbol, rawSymbol, connection, epoch, action: "unproven", gap });
}

function rowText(
  listing: Listing,
  { connection, epoch, timeUs, sequence, position, depth }: RowHead,
  action: "snapshot" | "change",
  { bids, asks }: { readonly bids: Levels; readonly asks: Levels },
  previous?: string,
): string {
  const { venue, symbol, rawSymbol } = listing;
  return JSON.stringify({
    ...{ venue, symbol, rawSymbol, connection, epoch, action, position, previous },
    time: formatInstant(timeUs),
    sequence: sequence < 0 ? null : String(sequence),
    subscribedDepth: depth === 0 ? null : depth,
    bids: levelRows(bids, listing),
    asks: levelRows(asks, listing),
  });
}
