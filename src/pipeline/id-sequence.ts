import { type IdRange, MissingIds } from "./missing-ids.ts";

/** How much of what a record stands for was known before it. */
export type Known = "none" | "some" | "all";

/** What of a frame matters to missing ids. */
export interface IdsSeen {
  readonly feed: string;
  readonly connection: string;
  readonly epoch: number;
  readonly timeUs: number;
  readonly source: number;
  /** The venue's answer to a request, rather than its stream. */
  readonly isFetched: boolean;
}

/** Ids that were skipped. Where it has a gap, it was told; else what skipped them may still be overtaken. */
export interface Hole {
  readonly missing: MissingIds;
  /** Receive clock, microseconds: when the newest id before it came, and when the first after it did. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly feed: string;
  readonly connection: string;
  readonly epoch: number;
  readonly source: number;
  gap: ToldGap | undefined;
}

export interface ToldGap {
  readonly gapId: string;
  /** How many ids were missing when it was told, and which, for people. */
  readonly count: number;
  readonly detail: string;
  /** How many of them have come since by themselves, and in answers to requests. */
  late: number;
  fetched: number;
}

/** Holes of one sequence; when there are more, the oldest is given up. */
export const HOLES_MAX = 256;

/** The ids of one listing and of one kind, which grow by one from trade to trade, and what is missing of them. */
export class IdSequence {
  readonly listing: number;
  readonly isAggregate: boolean;
  /** The lowest id from which on all are known but those in holes; -1 before the first. */
  start = -1;
  /** Receive time of the first that was seen, microseconds; 0 where it was not kept. */
  startUs = 0;
  /** The id after the highest. */
  next = -1;
  /** Receive time of the highest, microseconds. */
  newestUs = 0;
  holes: Hole[] = [];
  /** Since its state was last written. */
  isTouched = false;
  holesChanged = false;

  constructor(listing: number, isAggregate: boolean) {
    this.listing = listing;
    this.isAggregate = isAggregate;
  }

  /**
   * Takes note of ids first to last, which do not begin with `next`.
   *
   * @param onHole called before ids are skipped. @param onFilled called with each hole that lost ids
   */
  see(
    first: number,
    last: number,
    at: IdsSeen,
    onHole: (hole: Hole) => void,
    onFilled: (hole: Hole, count: number) => void,
  ): Known {
    if (this.next < 0) {
      if (at.isFetched) return "none"; // What was asked for may be long ago: counting begins with the stream.
      this.start = first;
      this.startUs = at.timeUs;
      this.advance(last, at);
      return "none";
    }
    if (first > this.next) {
      const { feed, connection, epoch, source, timeUs } = at;
      const missing = new MissingIds([[this.next, first - 1]]);
      onHole({ missing, fromUs: this.newestUs, toUs: timeUs, feed, connection, epoch, source, gap: undefined });
      this.advance(last, at);
      return "none";
    }
    if (last < this.start) {
      if (last === this.start - 1) this.start = first;
      return "none";
    }
    return this.#fill(first, last, at, onFilled);
  }

  /** All missing ids, in holes that were told and in others. */
  get missing(): readonly IdRange[] {
    return this.holes.flatMap(({ missing }) => missing.ranges);
  }

  /** Takes note of ids that begin with `next`. */
  advance(last: number, at: IdsSeen): void {
    this.next = last + 1;
    this.newestUs = at.timeUs;
  }

  #fill(first: number, last: number, at: IdsSeen, onFilled: (hole: Hole, count: number) => void): Known {
    let found = 0;
    for (const hole of this.holes.length === 0 ? [] : [...this.holes]) {
      const count = hole.missing.remove(first, last);
      if (count === 0) continue;
      found += count;
      onFilled(hole, count);
    }
    if (last >= this.next) {
      found += last - this.next + 1;
      this.advance(last, at);
    }
    if (found === 0) return "all";
    return found === last - first + 1 ? "none" : "some";
  }
}
