import type { Receipt } from "../receipt.ts";

/** Which book, when, and how much of it. */
export interface BookRequest {
  /** Canonical id. */
  readonly symbol: string;
  /** Needed where several venues list it. */
  readonly venue?: string | undefined;
  /** Receive time, inclusive, microseconds since the Unix epoch; default: now. */
  readonly atUs?: number | undefined;
  /** Levels a side at the most. */
  readonly depth: number;
}

/** A book as it was at a time, with what proves it. */
export interface BookAnswer {
  readonly venue: string;
  readonly symbol: string;
  readonly rawSymbol: string;
  /** Receive time of the last message in it: nothing changed from then to the time asked for, as far as is known here. */
  readonly time: string;
  /** From the highest; natural price and size. */
  readonly bids: readonly BookLevelRow[];
  /** From the lowest. */
  readonly asks: readonly BookLevelRow[];
  readonly proof: BookProof;
  readonly receipt: Receipt;
}

export interface BookLevelRow {
  readonly price: string;
  readonly size: string;
}

export interface BookProof {
  readonly connection: string;
  readonly epoch: number;
  /** The whole book that the answer starts from. */
  readonly snapshotTime: string;
  /** replace: the venue's own; periodic: K2's. */
  readonly snapshotCause: string;
  /** The last checksum that is known: of that snapshot. */
  readonly checksum: "ok" | "none";
  /** Messages applied to it since. */
  readonly changes: number;
  /** The venue's number of the last message; null where it has none. */
  readonly sequence: string | null;
  /** Of the last message: partition and offset of its frame in the feed's raw topic, and its place in it, as `0:1234.0`. */
  readonly position: string;
  /** Levels a side that the subscription keeps; null: the whole book. */
  readonly subscribedDepth: number | null;
  /** False where a side has more levels than those that are proven here. */
  readonly complete: boolean;
}
