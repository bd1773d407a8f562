import type { BookReader } from "../../domain/index.ts";
import type { ListedInstrument } from "../ports.ts";

/** What of the configured feeds the keeper of books must know. */
export interface BookRules {
  /** The market whose symbols the feed carries. */
  venueOf(feed: string): string;
  /** For the frames of one socket. */
  readerFor(feed: string): BookReader;
  /** Whether a feed's frames are pieces of files: each of its connections is a file, of which nothing more comes after its end. */
  isArchive?(feed: string): boolean;
  /** What a venue's symbol stands for; undefined when it is not configured. */
  instrument(feed: string, rawSymbol: string): ListedInstrument | undefined;
}

/** How often whole books are written, and how deep. */
export interface SnapshotRules {
  /** Receive time between two snapshots of a book that changes. */
  readonly everyMs: number;
  /** Levels a side at the most. */
  readonly depth: number;
  /**
   * After so many changed levels a snapshot is written however soon, so that no question has to read more; but not before
   * CHANGES_A_LEVEL times as many as it has levels itself, so that snapshots are never much of what is written.
   */
  readonly changesMin?: number | undefined;
}

export const CHANGES_MIN = 10_000;
export const CHANGES_A_LEVEL = 20;

export const SNAPSHOT_RULES: SnapshotRules = { everyMs: 60_000, depth: 1_000 };
