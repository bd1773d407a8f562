/** Event times by the venue's clock, microseconds since the Unix epoch. */
export interface TimeSpan {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Pages that do not meet, at most, and how much older than the newest they may be; what is beyond counts as not asked for. */
const SPANS_MAX = 1_000;
const KEPT_US = 60 * 60_000_000;

/**
 * What pages of a venue's newest trades tell together. Two pages meet only where the later begins before the earlier's
 * last trade: several trades share a time, and a page may end or begin between them.
 */
export class Covered {
  /** Ascending; none begins before the one before it ends. */
  #spans: readonly TimeSpan[] = [];

  /** Adds a page. */
  add(page: TimeSpan): void {
    let joined = page;
    const others = this.#spans.filter((span) => {
      if (span.toUs <= joined.fromUs || span.fromUs >= joined.toUs) return true;
      joined = { fromUs: Math.min(span.fromUs, joined.fromUs), toUs: Math.max(span.toUs, joined.toUs) };
      return false;
    });
    const spans = [...others, joined].sort((a, b) => a.fromUs - b.fromUs || a.toUs - b.toUs);
    const oldestUs = (spans.at(-1)?.toUs ?? 0) - KEPT_US;
    this.#spans = spans.filter(({ toUs }) => toUs >= oldestUs).slice(-SPANS_MAX);
  }

  /**
   * What no page tells from one trade that is here to another, both included, up to the newest page: of the time at a
   * hole's ends some trades may be here.
   */
  holes({ fromUs, toUs }: TimeSpan): readonly TimeSpan[] {
    const holes: TimeSpan[] = [];
    let reachedUs = fromUs;
    for (const span of this.#spans) {
      if (reachedUs > toUs) break;
      if (span.fromUs >= reachedUs) holes.push({ fromUs: reachedUs, toUs: Math.min(span.fromUs, toUs) });
      reachedUs = Math.max(reachedUs, span.toUs);
    }
    return holes;
  }
}
