import type { GapCause } from "../gap.ts";
import type { BookSide } from "./book-side.ts";

/**
 * A book as the running pipeline holds it, with what the tables say of it as soon as all that is in it has become visible
 * there. Valid until anything is awaited: it goes on.
 */
export interface LiveBook {
  readonly feed: string;
  readonly connection: string;
  readonly isProven: boolean;
  /** Since when it is not proven, and why. */
  readonly gap: LiveGap | undefined;
  /** The whole book that was written last. */
  readonly snapshot: {
    readonly epoch: number;
    readonly timeUs: number;
    readonly isPeriodic: boolean;
    readonly isChecked: boolean;
  };
  /** Told since that. */
  readonly messages: number;
  /** Of the last message: receive time, the venue's number (-1: it has none), and its place in the feed's raw topic. */
  readonly timeUs: number;
  readonly sequence: number;
  readonly rawPartition: number;
  readonly rawOffset: number;
  readonly frameIndex: number;
  /** All frames of the partition up to this one are in it. */
  readonly throughOffset: number;
  /** Levels a side that the subscription keeps; 0: the whole book. */
  readonly depth: number;
  readonly bids: BookSide;
  readonly asks: BookSide;
}

export interface LiveGap {
  readonly gapId: string;
  readonly cause: GapCause;
  readonly fromUs: number;
  readonly detail: string;
}

/** The books of a listing (by its number), one a connection; none where they are not in this process. */
export type LiveBooks = (listing: number) => readonly LiveBook[];
