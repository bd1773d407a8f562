import { Int64Column } from "../int64-column.ts";

/** A level's side, as a byte. */
export const BID = 0;
export const ASK = 1;

/**
 * Price levels by column, as a message of a venue tells them: each says the size that now rests at a price, zero for
 * none. Prices and sizes are mantissas at scales that whoever fills and reads the columns has agreed on.
 *
 * Rows `0` to `length - 1` are valid. Cleared and filled again, message after message, it allocates nothing.
 */
export class BookLevels {
  length = 0;
  capacity: number;
  /** BID or ASK. */
  side: Uint8Array;
  readonly price: Int64Column;
  readonly size: Int64Column;

  constructor(capacity = 256) {
    this.capacity = Math.max(1, capacity);
    this.side = new Uint8Array(this.capacity);
    this.price = new Int64Column(this.capacity);
    this.size = new Int64Column(this.capacity);
  }

  /** Makes room for one more row and returns its number; the caller sets its columns, then counts it with `length += 1`. */
  nextRow(): number {
    if (this.length === this.capacity) this.#grow(this.capacity * 2);
    return this.length;
  }

  /** Appends a level; for edges and tests, for it takes BigInts. */
  push(side: number, level: { readonly price: bigint; readonly size: bigint }): void {
    const row = this.nextRow();
    this.side[row] = side;
    this.price.set(row, level.price);
    this.size.set(row, level.size);
    this.length += 1;
  }

  /** Forgets all rows and keeps the memory. */
  clear(): void {
    this.length = 0;
  }

  #grow(capacity: number): void {
    const side = new Uint8Array(capacity);
    side.set(this.side);
    this.side = side;
    this.price.grow(capacity);
    this.size.grow(capacity);
    this.capacity = capacity;
  }
}
