import { TradeBatch } from "../../domain/index.ts";

/** One trade among the recent ones. */
export interface RecentTrade {
  readonly batch: TradeBatch;
  readonly row: number;
}

/** The last trades of each listing, so that a new subscriber's snapshot and its updates meet without a hole. */
export class RecentTrades {
  readonly #perListingMax: number;
  readonly #rings: (Ring | undefined)[] = [];
  #published = 0;

  constructor(perListingMax: number) {
    this.#perListingMax = perListingMax;
  }

  push(trades: TradeBatch): void {
    for (let row = 0; row < trades.length; row += 1) {
      const listing = trades.listing[row] ?? 0;
      const ring = this.#rings[listing] ?? new Ring(this.#perListingMax);
      this.#rings[listing] = ring;
      ring.push(trades, row, this.#published);
      this.#published += 1;
    }
  }

  /**
   * The last `rowsMax` trades of the listings that `wanted` admits, in the order in which they were pushed; at most as
   * many as are kept of one listing, so that no older trade of a busy one is missing between those of a quiet one.
   */
  last(rowsMax: number, wanted: (listing: number) => boolean): readonly RecentTrade[] {
    const count = Math.min(rowsMax, this.#perListingMax);
    const found: NumberedTrade[] = [];
    this.#rings.forEach((ring, listing) => {
      if (ring !== undefined && wanted(listing)) ring.collectLast(count, found);
    });
    found.sort((a, b) => a.number - b.number);
    return count === 0 ? [] : found.slice(-count);
  }
}

interface NumberedTrade extends RecentTrade {
  readonly number: number;
}

/** The last `rowsMax` rows: grows up to them, then the newest takes the oldest one's place. */
class Ring {
  readonly #rowsMax: number;
  readonly #batch = new TradeBatch(16);
  readonly #numbers: number[] = [];
  /** Where the next row goes once the ring is full: where the oldest stands. */
  #oldest = 0;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  push(trades: TradeBatch, from: number, number: number): void {
    const batch = this.#batch;
    if (this.#numbers.length < this.#rowsMax) {
      batch.pushRow(trades, from);
      this.#numbers.push(number);
      return;
    }
    const { length } = batch;
    batch.length = this.#oldest; // Rows are pushed at the batch's end; here that is the oldest row.
    batch.pushRow(trades, from);
    batch.length = length;
    this.#numbers[this.#oldest] = number;
    this.#oldest = (this.#oldest + 1) % this.#rowsMax;
  }

  collectLast(count: number, into: NumberedTrade[]): void {
    const { length } = this.#numbers;
    for (let back = Math.min(count, length); back > 0; back -= 1) {
      const row = (this.#oldest + length - back) % length;
      into.push({ batch: this.#batch, row, number: this.#numbers[row] ?? 0 });
    }
  }
}
