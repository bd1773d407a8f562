import type { BookOutcome, Gap, GapCause } from "../../domain/index.ts";

/** What became of frames and messages; added up from one transaction to the next. */
export class BookTally {
  /** Frames by what they were to their reader. */
  readonly frames: Record<BookOutcome, number> = { book: 0, other: 0, refused: 0 };
  messages = 0;
  /** Messages that the book had already, that came before their snapshot, or of a socket that another has taken over from. */
  passed = 0;
  levels = 0;
  quotes = 0;
  snapshots = 0;
  refusals = 0;
  /** Rows of ops.quote_quality. */
  quoteMinutes = 0;
  readonly gapsOpened: Map<GapCause, number> = new Map();

  gap({ state, cause }: Gap): void {
    if (state === "open") this.gapsOpened.set(cause, (this.gapsOpened.get(cause) ?? 0) + 1);
  }

  clear(): void {
    this.frames.book = 0;
    this.frames.other = 0;
    this.frames.refused = 0;
    this.messages = 0;
    this.passed = 0;
    this.levels = 0;
    this.quotes = 0;
    this.snapshots = 0;
    this.refusals = 0;
    this.quoteMinutes = 0;
    this.gapsOpened.clear();
  }
}
