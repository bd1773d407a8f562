import type { ByteReader, ByteWriter } from "./state/bytes.ts";

/**
 * What became of each raw record; exactly one of these (invariant I6). The first four are what the venue said, over a
 * connection or as the answer to a request; the others are not from the venue.
 */
export const OUTCOMES = ["trades", "control", "other", "refused", "sent", "opened", "closed", "concluded"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * Of one feed, over the whole of its raw log. Conservation: the raw records are the sum of `frames`;
 * the rows that the decoder made are `trades` + `duplicates` + `unproven` + `refusedRows`.
 */
export interface FeedCounts {
  readonly frames: Readonly<Record<Outcome, number>>;
  /** Payload bytes of all frames. */
  readonly bytes: number;
  /** Rows that the decoder made. */
  readonly rows: number;
  readonly trades: number;
  readonly duplicates: number;
  /** Dropped like duplicates, but not proven to be: see IdRanges. */
  readonly unproven: number;
  /** Rows refused after decoding. */
  readonly refusedRows: number;
  /** All rows of quarantine: frames and records. */
  readonly refusals: number;
}

/** The numbers of FeedCounts that are not by outcome, in the order in which state records hold them. */
const AMOUNTS = ["bytes", "rows", "trades", "duplicates", "unproven", "refusedRows", "refusals"] as const;

/** State records before this version do not count conclusions. */
const CONCLUDED_SINCE = 2;

/** FeedCounts that count. */
export class FeedTally implements FeedCounts {
  readonly frames: Record<Outcome, number> = {
    trades: 0,
    control: 0,
    other: 0,
    refused: 0,
    sent: 0,
    opened: 0,
    closed: 0,
    concluded: 0,
  };
  bytes = 0;
  rows = 0;
  trades = 0;
  duplicates = 0;
  unproven = 0;
  refusedRows = 0;
  refusals = 0;

  add(other: FeedCounts): void {
    for (const outcome of OUTCOMES) this.frames[outcome] += other.frames[outcome];
    for (const amount of AMOUNTS) this[amount] += other[amount];
  }

  clear(): void {
    for (const outcome of OUTCOMES) this.frames[outcome] = 0;
    for (const amount of AMOUNTS) this[amount] = 0;
  }

  snapshot(): FeedCounts {
    return { ...this, frames: { ...this.frames } };
  }

  write(writer: ByteWriter): void {
    for (const outcome of OUTCOMES) writer.whole(this.frames[outcome]);
    for (const amount of AMOUNTS) writer.whole(this[amount]);
  }

  /** @param version of the state record that it stands in */
  static read(reader: ByteReader, version: number): FeedTally {
    const tally = new FeedTally();
    for (const outcome of OUTCOMES) {
      if (outcome !== "concluded" || version >= CONCLUDED_SINCE) tally.frames[outcome] = reader.whole();
    }
    for (const amount of AMOUNTS) tally[amount] = reader.whole();
    return tally;
  }
}
