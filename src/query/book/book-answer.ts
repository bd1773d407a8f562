import { formatInstant, formatShortest, type Listing, naturalPrice, naturalSize } from "../../domain/index.ts";
import type { Receipt } from "../receipt.ts";
import type { BookAnswer, BookLevelRow, BookProof } from "./book-request.ts";

/** Where a message stands: partition and offset of its frame in the feed's raw topic, and its place within the frame. */
interface MessagePlace {
  readonly rawPartition: number;
  readonly rawOffset: number;
  readonly frameIndex: number;
}

/** A book, from wherever it comes. */
export interface StandingBook extends MessagePlace {
  readonly snapshot: {
    readonly connection: string;
    readonly epoch: number;
    readonly timeUs: number;
    readonly cause: string;
    readonly checksum: BookProof["checksum"];
    /** null: the whole book. */
    readonly depth: number | null;
  };
  readonly timeUs: number;
  readonly changes: number;
  readonly sequence: string | null;
  readonly complete: boolean;
  /** Best first, mantissas. */
  bids(depth: number): readonly Level[];
  asks(depth: number): readonly Level[];
}

type Level = readonly [price: bigint, size: bigint];

export function bookAnswer(
  listing: Listing,
  book: StandingBook,
  { depth, receipt }: { readonly depth: number; readonly receipt: Receipt },
): BookAnswer {
  const { venue, symbol, rawSymbol } = listing;
  const { connection, epoch, timeUs, cause, checksum, depth: subscribedDepth } = book.snapshot;
  return {
    venue,
    symbol,
    rawSymbol,
    time: formatInstant(book.timeUs),
    bids: levelRows(book.bids(depth), listing),
    asks: levelRows(book.asks(depth), listing),
    proof: {
      connection,
      epoch,
      snapshotTime: formatInstant(timeUs),
      snapshotCause: cause,
      checksum,
      changes: book.changes,
      sequence: book.sequence,
      position: positionText(book),
      subscribedDepth,
      complete: book.complete,
    },
    receipt,
  };
}

/** `partition:offset.index`. */
export function positionText({ rawPartition, rawOffset, frameIndex }: MessagePlace): string {
  return `${rawPartition}:${rawOffset}.${frameIndex}`;
}

/** Natural price and size, exact. */
export function levelRows(levels: readonly Level[], { unitExponent }: Listing): readonly BookLevelRow[] {
  return levels.map(([price, size]) => ({
    price: formatShortest(naturalPrice(price, unitExponent)),
    size: formatShortest(naturalSize(size, unitExponent)),
  }));
}
