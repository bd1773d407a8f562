import { BOOK_CHANGES, BOOK_SNAPSHOTS, type Listing, type LiveBook, type TableDefinition } from "../../domain/index.ts";
import { type BookSources, quoted } from "./book-snapshot.ts";

type Standing = Pick<LiveBook, "connection" | "rawPartition" | "rawOffset" | "timeUs">;

/** The tables are seldom further behind than a second. */
const BEHIND_US_MAX = 10_000_000;

/** Where books in memory stand of which the tables may not show yet what came up to a time. */
export function booksAhead(books: readonly LiveBook[], atUs: number): readonly Standing[] {
  return books.filter(({ timeUs }) => timeUs - atUs < BEHIND_US_MAX);
}

/** Whether the tables show all up to there. */
export async function areShown(listing: Listing, books: readonly Standing[], from: BookSources): Promise<boolean> {
  for (const book of books) {
    // A message without levels has no row, but the whole book may have been written at it.
    if (!(await isShown(BOOK_CHANGES, listing, book, from)) && !(await isShown(BOOK_SNAPSHOTS, listing, book, from)))
      return false;
  }
  return true;
}

async function isShown(
  table: TableDefinition,
  { symbol, venue }: Listing,
  { connection, rawPartition, rawOffset, timeUs }: Standing,
  { sources, store, signal }: BookSources,
): Promise<boolean> {
  const relation = await sources.relation(table, {
    ...{ symbols: [symbol], venues: [venue], startUs: timeUs },
    columns: ["connection", "_raw_partition", "_raw_offset"],
  });
  if (relation === undefined) return false;
  const { rows } = await store.query(
    `SELECT 1 FROM ${relation} WHERE connection = ${quoted(connection)} AND _raw_partition = ${rawPartition} AND _raw_offset >= ${rawOffset} LIMIT 1`,
    { signal },
  );
  return rows.length > 0;
}
