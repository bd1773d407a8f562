/**
 * An interval in which the record may be incomplete: of a connection, or of one listing whose trade ids have a hole.
 * One row a change: opened, then closed; a gap that a reconnection closed and that healing has dealt with has one more.
 */
export interface Gap {
  /** Same for all its rows; made of connection and epoch, or of venue, symbol and ids, never random. */
  readonly gapId: string;
  readonly venue: string;
  readonly feed: string;
  /** The connection; of missed ids, the one on which the hole was seen. */
  readonly connection: string;
  /** The epoch that ended; of missed ids, the one in which the hole was seen. */
  readonly epoch: number;
  readonly rawSymbols: readonly string[];
  readonly cause: GapCause;
  readonly state: "open" | "closed";
  /** Receive clock, microseconds: the last frame before, and the first after (undefined while a connection's is open). */
  readonly fromUs: number;
  readonly toUs: number | undefined;
  readonly detail: string;
  /** What closed it. */
  readonly resolution: GapResolution | undefined;
  readonly source: number;
}

export type GapCause =
  /** How a connection ended; of a book (its gap names one symbol), that it went with its connection. */
  | "disconnect"
  | "stale"
  | "error"
  | "crash"
  | "shutdown"
  /** Trade ids that follow each other have a hole, or messages of a book are missing. */
  | "missed"
  /** A book is not what the venue says it is. */
  | "checksum"
  /** A book with a bid at or above an ask. */
  | "crossed";

/**
 * - reconnected: data flows again; what was missed meanwhile is not here (yet)
 * - arrived late: all missing ids came by themselves
 * - healed: the venue was asked, and all that was missed is here
 * - partly healed: the venue was asked, and some of it is here
 * - beyond the venue's history: it was asked, and does not reach back so far
 * - not offered by the venue: it has no request for what is missing, or its answer leaves it out
 * - given up: the venue could not be asked, or not to the end; `detail` says why
 * - resynchronised: the venue has sent the whole book again
 * - uncrossed: bids and asks of the book are apart again, and its checksum holds
 * - renumbered: more ids were skipped than a market can trade in that time: a new count, no trades are missing
 */
export type GapResolution =
  | "reconnected"
  | "arrived late"
  | "healed"
  | "partly healed"
  | "beyond the venue's history"
  | "not offered by the venue"
  | "given up"
  | "renumbered"
  | "resynchronised"
  | "uncrossed";

/** How asking the venue for what a gap misses has ended. */
export interface GapConcluded {
  readonly gapId: string;
  /**
   * whole: all that the venue has of it is in the log; beyond: its history begins later; notOffered: it has no such
   * request; givenUp: asking failed, or was more than is asked for one gap.
   */
  readonly coverage: "whole" | "beyond" | "notOffered" | "givenUp";
  readonly requests: number;
  /** Why; empty where there is nothing to say. */
  readonly detail: string;
}
