import { K2Error } from "../../base/index.ts";

/** A book was asked for at a time when it was not proven: it is not served as if it were. */
export class BookNotProvenError extends K2Error {
  readonly code = "K2_BOOK_NOT_PROVEN";
  readonly remedy = "resync";
  /** The row of silver.gaps; undefined where the changes say it and the gap's row is not here yet. */
  readonly gapId: string | undefined;

  constructor(
    /** @param of.when "now", or "at" and the time */
    of: { readonly venue: string; readonly symbol: string; readonly when: string },
    why: { readonly gapId?: string; readonly cause?: string; readonly since: string; readonly detail?: string },
  ) {
    const gap = why.gapId === undefined ? "" : `, gap ${why.gapId}`;
    const cause = why.cause === undefined ? "" : ` (${why.cause}${why.detail === undefined ? "" : `: ${why.detail}`})`;
    super(
      `The book of ${of.symbol} at ${of.venue} is not proven ${of.when}: unproven since ${why.since}${cause}${gap}. ` +
        "Ask for a time before that, or after the gap's end: silver.gaps has its rows, silver.book_changes what came all the same",
    );
    this.gapId = why.gapId;
  }
}

/** No book is known of the listing at that time. */
export class BookNotFoundError extends K2Error {
  readonly code = "K2_BOOK_NOT_FOUND";
  readonly remedy = "fix-input";
}
