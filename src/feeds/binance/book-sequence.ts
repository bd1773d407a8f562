/** What to do with a depth event. */
export type DepthVerdict =
  /** The snapshot is not here yet: keep the event. */
  | "early"
  /** The snapshot, or an event before, has it already. */
  | "old"
  /** Its levels go into the book. */
  | "apply"
  /** Events are missing before it: the book is not proven any more, and needs a new snapshot. */
  | "gap";

/** The update ids of a depth event. Below 2^53: they have come to 10^13 in nine years. */
export interface DepthIds {
  /** `U`: the first update in the event. */
  readonly first: number;
  /** `u`: the last. */
  readonly last: number;
  /** `pu`, on futures: the last of the event before; ids of other symbols lie between. */
  readonly previous?: number | undefined;
}

/**
 * Which depth events continue a book, from a snapshot on. Levels hold sizes, not differences, so that the first event
 * may begin before the snapshot.
 *
 * Spot ids are contiguous: an event goes on from `last + 1`. Futures ids are not; there `previous` names the event
 * before. The documented rule for the first futures event, `U <= lastUpdateId`, would refuse a snapshot taken between
 * `pu` and `U`, where nothing is missing: it is `pu` that must not be after the snapshot.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#how-to-manage-a-local-order-book-correctly
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly
 */
export class DepthSequence {
  #last: number | undefined;
  #isFirst = true;

  /** The snapshot's `lastUpdateId`: everything starts anew from it. */
  startFrom(lastUpdateId: number): void {
    this.#last = lastUpdateId;
    this.#isFirst = true;
  }

  take(ids: DepthIds): DepthVerdict {
    const last = this.#last;
    if (last === undefined) return "early";
    // An event that ends where the snapshot does is taken on futures: it is the one whose end the next will name.
    if (this.#isFirst && ids.previous !== undefined ? ids.last < last : ids.last <= last) return "old";
    if (!this.#continues(ids, last)) {
      this.#last = undefined;
      return "gap";
    }
    this.#last = ids.last;
    this.#isFirst = false;
    return "apply";
  }

  #continues({ first, previous }: DepthIds, last: number): boolean {
    if (previous === undefined) return first <= last + 1;
    return this.#isFirst ? previous <= last : previous === last;
  }
}
