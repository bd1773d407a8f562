import type { OrderEvents } from "../book-l3/order-events.ts";
import type { DecodedListing, NamedListing } from "../decoder.ts";
import type { RefusalReason } from "../refusal.ts";
import type { BookLevels } from "./book-levels.ts";
import type { OrderBook } from "./order-book.ts";

/** What the venue's own rules say of a book message. */
export type BookVerdict =
  /** A snapshot: it is the whole book from here on. */
  | "replace"
  /** It continues the book: its levels go in. */
  | "apply"
  /** The book has it already. */
  | "old"
  /** It waits for a snapshot that is not here yet; the reader keeps it and gives it again, as "apply", after that. */
  | "early"
  /** Messages are missing before it, or no snapshot ever came: the book is not proven until the next "replace". */
  | "gap";

/** What a venue sends so that a book can be checked. */
export interface BookChecksum {
  readonly expected: number;
  /** Over the book as it is after the message. */
  readonly of: (book: OrderBook) => number;
}

/** One message of a book channel; its levels stand in `BookContext.levels` until the call returns. */
export interface BookMessage {
  readonly listing: DecodedListing;
  /** "book": levels of a book that is kept. "quote": the best bid and ask alone (at most one level a side), complete in itself. */
  readonly channel: "book" | "quote";
  readonly verdict: BookVerdict;
  /** Why, where the verdict is "gap". */
  readonly detail?: string;
  /** Levels a side of the subscription; undefined where the whole book is sent. */
  readonly depth?: number | undefined;
  /** Venue clock, microseconds and the nanoseconds beyond; undefined where the message has none. */
  readonly eventTimeUs: number | undefined;
  readonly eventTimeNanos: number;
  /** The venue's number of the message (`u`, `seq`, `seqId`, `sequence_num`); -1 where it has none. */
  readonly sequence: number;
  readonly checksum?: BookChecksum;
  /** Place within the frame. */
  readonly frameIndex: number;
  /** Of a message out of an archive: when whoever recorded it received it. It counts instead of the frame's time. */
  readonly recorded?: RecordedTime | undefined;
  /** K2 has what it tells from another file: the book follows it, and nothing is written. */
  readonly isKnown?: boolean | undefined;
  /** Of a quote: its source may tell prices without sizes, so that a level of size 0 is one. */
  readonly maySizesLack?: boolean | undefined;
}

/** An event of one order: a row of `events`, its price and size as stored mantissas. */
export interface OrderMessage {
  readonly listing: DecodedListing;
  readonly events: OrderEvents;
  readonly row: number;
  /** Place within the frame. */
  readonly frameIndex: number;
}

/** Microseconds since the Unix epoch, and the nanoseconds beyond. */
export interface RecordedTime {
  readonly us: number;
  readonly nanos: number;
}

/** What a reader of book frames needs from the stage that runs it; reused from frame to frame. */
export interface BookContext {
  /** Filled by the reader before each `message`: stored mantissas (unit.ts), sides as BID and ASK. */
  readonly levels: BookLevels;
  /** As DecodeContext.listing. */
  listing(rawSymbol: string, price: string, size: string, named?: NamedListing): DecodedListing | undefined;
  message(message: BookMessage): void;
  /** Of sources that tell orders one by one. */
  order?(message: OrderMessage): void;
  /** Messages of the socket are missing, of which book is not known: none of its books is proven until its next "replace". */
  lost(detail: string): void;
  /** `record` are the bytes of one record out of many in a frame: they go into quarantine instead of the frame's. */
  refuse(
    reason: RefusalReason,
    detail: string,
    at?: { readonly rawSymbol?: string; readonly frameIndex?: number; readonly record?: Uint8Array },
  ): void;
}

/** What a frame, or an answer over HTTP, was to a reader of book channels. */
export type BookOutcome =
  /** It held messages of these channels. */
  | "book"
  /** Of other channels, or nothing of the market. */
  | "other"
  /** It cannot be read: `refuse` was told why. */
  | "refused";

/**
 * Reads the book and quote channels of one socket of a feed: pure and synchronous, with the sequences that it has seen as
 * its only state, so that the same frames give the same messages. Never throws: what it cannot read it refuses.
 *
 * After a "gap" or `lost` each further message of that book is a "gap" or "early", until its next "replace". A book that
 * fails its checksum is the caller's finding: the reader goes on telling "apply".
 */
export interface BookReader {
  read(payload: Uint8Array, context: BookContext): BookOutcome;
  /**
   * Takes an answer to a request over HTTP that came while the socket was open: a snapshot of a venue that sends none on
   * the socket. After the "replace" the messages that were "early" come again, in order, as "apply" or "old".
   *
   * @param url that was asked; by its path and query it is known, so that it may be another host's
   * @param body of an answer with status 200
   */
  fetched?(url: string, body: Uint8Array, context: BookContext): BookOutcome;
  /**
   * What it has seen so far, as text, between two frames: a new reader that is given it by `restore` before its first
   * frame goes on exactly as this one would. Where a reader has neither, a restart leaves its books unproven until
   * their next "replace".
   */
  save?(): string;
  restore?(saved: string): void;
}

/** A channel that a `BookReader` reads. */
export interface BookChannel {
  /** As configuration names it, and `subscribe` asks for it. */
  readonly name: string;
  readonly channel: BookMessage["channel"];
  /** Levels a side; undefined where the whole book is sent. */
  readonly depth?: number | undefined;
}

/** A request over HTTP for the snapshot of one book. */
export interface SnapshotRequest {
  readonly url: string;
  /** What it costs of the venue's allowance a minute. */
  readonly weight: number;
}
