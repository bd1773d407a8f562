import { type BookReader, type FrameDecoder, feedOfTopic, rawTopic, type VenueDataReader } from "../../domain/index.ts";
import { feedById } from "../../feeds/index.ts";
import {
  createBookPieceReader,
  createMessagePieceReader,
  createTableDecoder,
  createVenuePieceReader,
  IMPORT_FORMATS,
  importFormat,
  MAPPED_FORMAT,
  type PieceCounts,
} from "../../imports/index.ts";
import type { LogReader } from "../../log/index.ts";

const PREFIX = "import-";

/** The name under which the pieces of files of a format are in the raw log and in bronze. */
export function importFeed(format: string): string {
  return PREFIX + format;
}

/** Whether a feed's frames are pieces of files. */
export function isImportFeed(feed: string): boolean {
  return feed.startsWith(PREFIX);
}

/** @throws {InvalidInputError} when this K2 has no such format */
export function importDecoder(feed: string): FrameDecoder {
  const format = feed.slice(PREFIX.length);
  return createTableDecoder(format === MAPPED_FORMAT ? { id: MAPPED_FORMAT } : importFormat(format));
}

/** What the pieces of files under this name hold. */
function kindOf(feed: string): "trades" | "books" | "venueData" {
  const format = IMPORT_FORMATS.find(({ id }) => id === feed.slice(PREFIX.length));
  if (format?.books !== undefined) return "books";
  return format?.venueData === undefined ? "trades" : "venueData";
}

/**
 * What reads the pieces of one file of books.
 *
 * @param onPiece told what became of each piece's rows
 * @throws {InvalidInputError} when this K2 has no such format
 */
export function importBookReader(feed: string, onPiece?: (counts: PieceCounts) => void): BookReader {
  const format = importFormat(feed.slice(PREFIX.length));
  if (format.books?.rows !== "messages") return createBookPieceReader(format, onPiece);
  const { books } = feedById(format.spelling[0] ?? "");
  if (books === undefined) throw new Error(`${format.id} is read by a feed without books`);
  const channels = books.channels.filter(({ channel }) => channel === "book").map(({ name }) => name);
  return createMessagePieceReader(format, books.createBookReader({ channels }), onPiece);
}

/**
 * What reads the pieces of files of candles, funding, liquidations and orders: of which market a symbol is, each record says.
 *
 * @param onPiece told what became of each piece's rows
 * @throws {InvalidInputError} when this K2 has no such format
 */
export function importVenueReader(feed: string, onPiece?: (counts: PieceCounts) => void): VenueDataReader {
  return createVenuePieceReader(importFormat(feed.slice(PREFIX.length)), onPiece);
}

/** The raw topics of imports so far, by what their pieces hold. */
export interface ImportTopics {
  readonly trades: readonly string[];
  readonly books: readonly string[];
  readonly venueData: readonly string[];
}

export async function importTopics(log: Pick<LogReader, "topics">): Promise<ImportTopics> {
  const feeds = (await log.topics()).flatMap(({ topic }) => feedOfTopic(topic) ?? []).filter(isImportFeed);
  const of = (kind: string): readonly string[] => feeds.filter((feed) => kindOf(feed) === kind).map(rawTopic);
  return { trades: of("trades"), books: of("books"), venueData: of("venueData") };
}
