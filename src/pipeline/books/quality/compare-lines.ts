import type { MetVenue } from "../../../domain/index.ts";
import { ppbAbove, type QuotedSpan } from "./quote-line.ts";

/** What an instrument's venue quoted in a minute, in prices of one unit. */
export interface VenueLine {
  readonly venue: string;
  /** In their order, none over another. */
  readonly spans: readonly QuotedSpan[];
}

/** How a venue stood to the others. */
export interface Comparison {
  readonly comparedUs: number;
  readonly locked: MetVenue | undefined;
  readonly crossed: MetVenue | undefined;
  readonly crossedMaxPpb: number | undefined;
}

/** How long two venues were quoted at the same time, and of that, locked and crossed. */
interface Meeting {
  comparedUs: number;
  lockedUs: number;
  crossedUs: number;
  crossedMaxPpb: number;
}

/** Each venue against each other: of every one, with which it was locked and crossed the longest, of equals the first. */
export function compareLines(lines: readonly VenueLine[]): readonly Comparison[] {
  const standings = lines.map(() => new Standing());
  for (const [first, one] of lines.entries()) {
    for (const [more, other] of lines.slice(first + 1).entries()) {
      if (one.venue === other.venue) continue;
      const meeting = meetingOf(one.spans, other.spans);
      standings[first]?.met(other.venue, meeting);
      standings[first + 1 + more]?.met(one.venue, meeting);
    }
  }
  return standings;
}

class Standing implements Comparison {
  comparedUs = 0;
  locked: MetVenue | undefined = undefined;
  crossed: MetVenue | undefined = undefined;
  crossedMaxPpb: number | undefined = undefined;

  met(venue: string, { comparedUs, lockedUs, crossedUs, crossedMaxPpb }: Meeting): void {
    this.comparedUs = Math.max(this.comparedUs, comparedUs);
    if (lockedUs > (this.locked?.us ?? 0)) this.locked = { venue, us: lockedUs };
    if (crossedUs === 0) return;
    if (crossedUs > (this.crossed?.us ?? 0)) this.crossed = { venue, us: crossedUs };
    this.crossedMaxPpb = Math.max(this.crossedMaxPpb ?? 0, crossedMaxPpb);
  }
}

function meetingOf(ours: readonly QuotedSpan[], theirs: readonly QuotedSpan[]): Meeting {
  const meeting: Meeting = { comparedUs: 0, lockedUs: 0, crossedUs: 0, crossedMaxPpb: 0 };
  for (let [our, their] = [0, 0]; ; ) {
    const [one, other] = [ours[our], theirs[their]];
    if (one === undefined || other === undefined) return meeting;
    const us = Math.min(one.toUs, other.toUs) - Math.max(one.fromUs, other.fromUs);
    if (us > 0) meet(one, other, us, meeting);
    if (one.toUs <= other.toUs) our += 1;
    else their += 1;
  }
}

function meet(one: QuotedSpan, other: QuotedSpan, us: number, meeting: Meeting): void {
  meeting.comparedUs += us;
  const [bid, ask] = one.bid > other.ask ? [one.bid, other.ask] : [other.bid, one.ask];
  if (bid > ask) {
    meeting.crossedUs += us;
    meeting.crossedMaxPpb = Math.max(meeting.crossedMaxPpb, ppbAbove(bid, ask));
  } else if (one.bid >= other.ask || bid >= ask) meeting.lockedUs += us;
}
