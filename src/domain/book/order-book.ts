import { ASK, BID, type BookLevels } from "./book-levels.ts";
import { BookSide } from "./book-side.ts";

/** Far more levels a side than any venue shows: the bound of a book that names none. */
const DEPTH_MAX = 1_000_000;

/**
 * The aggregated book of one listing: what rests at each price, exact. Best bid and best ask are always at hand.
 *
 * It applies what it is given; whether an update may be applied at all (sequence, checksum) is the venue's rule and
 * is decided before, or checked after, by what stands in the feed's folder.
 */
export class OrderBook {
  /** Rank 0 is the highest. */
  readonly bids: BookSide = new BookSide(BID);
  /** Rank 0 is the lowest. */
  readonly asks: BookSide = new BookSide(ASK);
  readonly #depthMax: number;

  /**
   * @param options.depthMax levels a side; the worse ones are dropped after each message, as a subscription to so many
   * levels demands: the venue does not say that they have gone
   */
  constructor({ depthMax = DEPTH_MAX }: { readonly depthMax?: number } = {}) {
    this.#depthMax = depthMax;
  }

  /** Takes a snapshot: nothing of before remains. */
  replace(levels: BookLevels): void {
    const { length, side } = levels;
    let asks = 0;
    for (let row = 0; row < length; row += 1) asks += side[row] === ASK ? 1 : 0;
    this.bids.clear(length - asks);
    this.asks.clear(asks);
    this.apply(levels);
  }

  /** Takes the changes of one message, in its order. */
  apply({ length, side, price, size }: BookLevels): void {
    const { bids, asks } = this;
    for (let row = 0; row < length; row += 1) {
      const changed = side[row] === BID ? bids : asks;
      changed.set(price.high(row), price.low(row), size.high(row), size.low(row));
    }
    bids.truncate(this.#depthMax);
    asks.truncate(this.#depthMax);
  }

  /** A bid at or above an ask: what no venue shows while it trades, so that the book is not to be believed. */
  get isCrossed(): boolean {
    return this.bids.length > 0 && this.asks.length > 0 && this.bids.hasMet(this.asks);
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }
}
