import { feedOfTopic, type Listing } from "../../domain/index.ts";
import { BOOKS_GROUP, deriveBooks, type LogRecords } from "../../pipeline/index.ts";
import type { QueryEngine } from "../../query/index.ts";
import { bookRules, bookTopics } from "../books.ts";
import type { CapturedFeed } from "../capture.ts";
import type { Config } from "../config.ts";
import { importTopics } from "../import/import-feeds.ts";
import type { Offline } from "../offline.ts";
import { Positions } from "../positions.ts";
import { BOOK_TABLES, type BookSums, type BookTable, DerivedSums, storedSums } from "./book-sums.ts";

/** As Check of verify. */
interface BooksCheck {
  readonly name: string;
  readonly detail: string;
  readonly differences: readonly string[];
}

export interface BooksCheckOptions {
  readonly offline: Offline;
  readonly config: Config;
  readonly feeds: readonly CapturedFeed[];
  readonly listings: readonly Listing[];
  /** How far the books had come before the tables were read: see bookPositions. */
  readonly upTo: Positions;
  /** The raw frames before these positions. */
  readonly frames: (upTo: Positions) => AsyncIterable<LogRecords>;
}

const DIFFERENCES_MAX = 20;

/** How far the books have come on each raw partition. */
export async function bookPositions(log: Offline["log"]): Promise<Positions> {
  return Positions.of(await log.progress(BOOKS_GROUP));
}

/**
 * Derives every book anew from the frames of the feeds that capture books and from the pieces of imported files, and compares
 * row for row what is stored: quotes, changes, snapshots and orders by number and checksum, gaps and refusals of books by
 * number. Undefined where there are none.
 * What was captured with other channels or `books` settings than today's would be derived by today's.
 */
export async function booksCheck(options: BooksCheckOptions): Promise<BooksCheck | undefined> {
  const { offline, config, feeds, listings, upTo, frames } = options;
  const topics = new Set([...bookTopics(feeds), ...(await importTopics(offline.log)).books]);
  const positions = Positions.of([...upTo].filter(({ topic }) => topics.has(topic)));
  if ([...positions].length === 0) return undefined;
  const derived = new DerivedSums();
  await deriveBooks(frames(positions), {
    rules: bookRules(feeds),
    snapshots: { everyMs: config.books.snapshotEveryMs, depth: config.books.snapshotDepth },
    listings,
    sink: derived,
  });
  const rows = ofFrames(positions);
  const differences: string[] = [];
  const parts: string[] = [];
  for (const table of BOOK_TABLES) {
    const stored = await storedSums(offline.query, table, rows);
    parts.push(`${total(derived.tables[table])} ${table.replace("_", " ")}`);
    differences.push(...compare(table, derived.tables[table], stored));
  }
  differences.push(...(await compareCounts(offline.query, derived, positions)));
  return {
    name: "books are what the frames say",
    detail: `${parts.join(", ")}: counts, checksums; gaps, refusals`,
    differences: differences.slice(0, DIFFERENCES_MAX),
  };
}

/** Rows of these partitions' frames; a running K2 has added more since. */
function ofFrames(positions: Positions): string {
  const conditions = [...positions].map(
    ({ topic, partition, offset }) =>
      `(split_part(connection, '/', 1) = '${feedOfTopic(topic)}' AND _raw_partition = ${partition} AND _raw_offset < ${offset})`,
  );
  return `(${conditions.join(" OR ")})`;
}

function total(sums: BookSums): number {
  return [...sums.values()].reduce((sum, { rows }) => sum + rows, 0);
}

function compare(table: BookTable, derived: BookSums, stored: BookSums): readonly string[] {
  const differences: string[] = [];
  const hint =
    table === "book_snapshots" ? "; where settings of books have changed since they were written, that is why" : "";
  for (const key of new Set([...derived.keys(), ...stored.keys()])) {
    const [expected, found] = [derived.get(key), stored.get(key)];
    if (expected?.rows !== found?.rows)
      differences.push(
        `${key}: the frames say ${expected?.rows ?? 0} ${table} rows, ${found?.rows ?? 0} are stored${hint}`,
      );
    else if (expected?.sum !== found?.sum)
      differences.push(`${key}: as many ${table} rows as the frames say, but they differ${hint}`);
  }
  return differences;
}

/** Gaps and refusals of books stand in tables that others write too: those are told apart by their id and stage. */
async function compareCounts(
  query: QueryEngine,
  { gapRows, refused }: DerivedSums,
  positions: Positions,
): Promise<readonly string[]> {
  const differences: string[] = [];
  for (const feed of new Set([...positions].map(({ topic }) => feedOfTopic(topic) ?? ""))) {
    const frames = positions
      .topic(`raw.${feed}`)
      .map(({ partition, offset }) => `(_raw_partition = ${partition} AND _raw_offset < ${offset})`)
      .join(" OR ");
    const { rows } = await query.sql(
      `SELECT count(*) FROM silver.quarantine WHERE stage = 'book' AND feed = '${feed}' AND (${frames})`,
    );
    const [expected, found] = [refused.get(feed) ?? 0, Number(rows[0]?.[0] ?? 0)];
    if (expected !== found)
      differences.push(`${feed}: the frames give ${expected} refusals of books, ${found} are in quarantine`);
    const { rows: gaps } = await query.sql(
      `SELECT count(*) FROM silver.gaps WHERE _topic = 'market.gaps' AND _partition = 1 AND feed = '${feed}'`,
    );
    const gapsFound = Number(gaps[0]?.[0] ?? 0);
    // A gap's row does not say of which frame it is: a running K2 may have added some since.
    if (gapsFound < (gapRows.get(feed) ?? 0))
      differences.push(`${feed}: the frames give ${gapRows.get(feed)} rows of gaps of books, ${gapsFound} are stored`);
  }
  return differences;
}
