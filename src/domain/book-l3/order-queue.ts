/** 32-bit words of an order: id, size, level, next and previous in the level's queue, and its side. */
const STRIDE_BITS = 3;
const ID = 0;
const SIZE = 2;
const LEVEL = 4;
const NEXT = 5;
const PREVIOUS = 6;
const SIDE = 7;
const CAPACITY_MIN = 64;

/**
 * The resting orders of a book, in one typed array; each is named by a slot, a whole number above 0. Orders of a level
 * are linked in the order of their priority. Slots are used again.
 */
export class OrderQueue {
  #words = new Int32Array(CAPACITY_MIN << STRIDE_BITS);
  /** The first free slot of those that were used before, linked by NEXT; 0 for none. */
  #free = 0;
  /** Slots used so far; slot 0 means none. */
  #used = 1;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  allocate(idHigh: number, idLow: number, side: number): number {
    let slot = this.#free;
    if (slot === 0) {
      slot = this.#used;
      this.#used += 1;
      if (slot << STRIDE_BITS >= this.#words.length) this.#grow();
    } else {
      this.#free = this.#words[(slot << STRIDE_BITS) + NEXT] ?? 0;
    }
    const at = slot << STRIDE_BITS;
    const words = this.#words;
    words[at + ID] = idHigh;
    words[at + ID + 1] = idLow;
    words[at + SIDE] = side;
    this.#count += 1;
    return slot;
  }

  release(slot: number): void {
    this.#words[(slot << STRIDE_BITS) + NEXT] = this.#free;
    this.#free = slot;
    this.#count -= 1;
  }

  /** Puts an order behind another of its level, or alone where that is 0. */
  link(slot: number, behind: number, level: number): void {
    const words = this.#words;
    const at = slot << STRIDE_BITS;
    words[at + LEVEL] = level;
    words[at + NEXT] = 0;
    words[at + PREVIOUS] = behind;
    if (behind !== 0) words[(behind << STRIDE_BITS) + NEXT] = slot;
  }

  /** Takes an order out of its level's queue; whoever keeps the level's first and last order mends those. */
  unlink(slot: number): void {
    const next = this.next(slot);
    const previous = this.previous(slot);
    if (next !== 0) this.#words[(next << STRIDE_BITS) + PREVIOUS] = previous;
    if (previous !== 0) this.#words[(previous << STRIDE_BITS) + NEXT] = next;
  }

  idHigh(slot: number): number {
    return this.#words[(slot << STRIDE_BITS) + ID] ?? 0;
  }

  idLow(slot: number): number {
    return this.#words[(slot << STRIDE_BITS) + ID + 1] ?? 0;
  }

  sizeHigh(slot: number): number {
    return this.#words[(slot << STRIDE_BITS) + SIZE] ?? 0;
  }

  sizeLow(slot: number): number {
    return this.#words[(slot << STRIDE_BITS) + SIZE + 1] ?? 0;
  }

  setSize(slot: number, high: number, low: number): void {
    const at = slot << STRIDE_BITS;
    this.#words[at + SIZE] = high;
    this.#words[at + SIZE + 1] = low;
  }

  level(slot: number): number {
    return this.#words[(slot << STRIDE_BITS) + LEVEL] ?? 0;
  }

  side(slot: number): number {
    return this.#words[(slot << STRIDE_BITS) + SIDE] ?? 0;
  }

  /** The order behind it in priority; 0 for none. */
  next(slot: number): number {
    return this.#words[(slot << STRIDE_BITS) + NEXT] ?? 0;
  }

  /** The order before it in priority; 0 for none. */
  previous(slot: number): number {
    return this.#words[(slot << STRIDE_BITS) + PREVIOUS] ?? 0;
  }

  /** Forgets all orders and keeps the memory. */
  clear(): void {
    this.#free = 0;
    this.#used = 1;
    this.#count = 0;
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
  }
}
