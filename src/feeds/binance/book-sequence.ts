import type { BookVerdict } from "../../domain/index.ts";

/** The update ids of a depth event. Below 2^53: they have come to 10^13 in nine years. */
export interface DepthIds {
  /** `U`: the first update in the event. */
  readonly first: number;
  /** `u`: the last. */
  readonly last: number;
  /** `pu`, on futures: the last of the event before; ids of other symbols lie between. */
  readonly previous?: number | undefined;
}

/** Where a sequence stands: the last update in the book, and whether no event came since its snapshot. */
export type SavedSequence = readonly [last: number | null, isFirst: boolean];

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

  save(): SavedSequence {
    return [this.#last ?? null, this.#isFirst];
  }

  static of([last, isFirst]: SavedSequence): DepthSequence {
    const sequence = new DepthSequence();
    sequence.#last = last ?? undefined;
    sequence.#isFirst = isFirst;
    return sequence;
  }

  /** The last update in the book; undefined when it is not proven. */
  get last(): number | undefined {
    return this.#last;
  }

  /** The book is not proven until the next snapshot. */
  forget(): void {
    this.#last = undefined;
  }

  /** The snapshot's `lastUpdateId`: everything starts anew from it. */
  startFrom(lastUpdateId: number): void {
    this.#last = lastUpdateId;
    this.#isFirst = true;
  }

  take(ids: DepthIds): BookVerdict {
    const last = this.#last;
    if (last === undefined) return "early";
    // An event that ends where the snapshot does is taken on futures: it is the one whose end the next will name.
    if (this.#isFirst && ids.previous !== undefined ? ids.last < last : ids.last <= last) return "old";
    if (!continues(ids, { last, isFirst: this.#isFirst })) {
      this.#last = undefined;
      return "gap";
    }
    this.#last = ids.last;
    this.#isFirst = false;
    return "apply";
  }
}

/** Whether nothing is missing between a snapshot that ends with an update, and an event after it. */
export function continuesSnapshot(ids: DepthIds, lastUpdateId: number): boolean {
  return continues(ids, { last: lastUpdateId, isFirst: true });
}

function continues(
  { first, previous }: DepthIds,
  { last, isFirst }: { readonly last: number; readonly isFirst: boolean },
): boolean {
  if (previous === undefined) return first <= last + 1;
  return isFirst ? previous <= last : previous === last;
}
