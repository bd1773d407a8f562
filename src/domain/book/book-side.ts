import { ASK } from "./book-levels.ts";

/** 32-bit words of one level: the price's order key in two, the size in two. */
const STRIDE = 4;
/** Turns the order of unsigned 32-bit numbers into that of signed ones. */
const SIGN = -2_147_483_648;
const TWO_32 = 4_294_967_296;
/** A high half from here on is beyond what a double holds exactly. */
const EXACT_HIGH_END = 2_097_152;
const CAPACITY_MIN = 32;

/**
 * One side of a book: levels in one typed array, sorted, the best one last. Prices and sizes are exact signed 64-bit
 * mantissas in two halves; no BigInt and no object is made for a level.
 *
 * Most changes are near the best price. They are found by galloping from the end, and move only the few levels that are
 * better. There is room at both ends, so that the worst levels go without moving the others, and a change far away moves
 * whichever side of it is shorter.
 */
export class BookSide {
  /** Both halves of an ask's price are inverted: then on either side a better price has the greater key. */
  readonly #flip: number;
  #words: Int32Array;
  /** Levels lie in [start, end). */
  #start = 0;
  #end = 0;

  /** @param side BID or ASK */
  constructor(side: number) {
    this.#flip = side === ASK ? -1 : 0;
    this.#words = new Int32Array(CAPACITY_MIN * STRIDE);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** @param rank 0 is the best level; below `length` */
  price(rank: number): bigint {
    return (BigInt(this.#priceHigh(rank)) << 32n) | BigInt(this.#priceLow(rank));
  }

  /** @param rank 0 is the best level; below `length` */
  size(rank: number): bigint {
    const at = this.#place(rank);
    return (BigInt(this.#words[at + 2] ?? 0) << 32n) | BigInt((this.#words[at + 3] ?? 0) >>> 0);
  }

  /** Writes a level as four words: the price's low and high half, the size's. @param rank below `length` */
  copyLevel(rank: number, into: Int32Array, at: number): void {
    const place = this.#place(rank);
    into[at] = this.#priceLow(rank);
    into[at + 1] = this.#priceHigh(rank);
    into[at + 2] = this.#words[place + 3] ?? 0;
    into[at + 3] = this.#words[place + 2] ?? 0;
  }

  /** The price as a double: NaN where that would not be exact, from 2^53 on. */
  priceNumber(rank: number): number {
    return exactNumber(this.#priceHigh(rank), this.#priceLow(rank));
  }

  /** The size as a double: NaN where that would not be exact, from 2^53 on. */
  sizeNumber(rank: number): number {
    const at = this.#place(rank);
    return exactNumber(this.#words[at + 2] ?? 0, (this.#words[at + 3] ?? 0) >>> 0);
  }

  /** Whether this side's best price and the other's have met: a bid at or above an ask. Neither side is empty. */
  hasMet(other: BookSide): boolean {
    const high = this.#priceHigh(0);
    const otherHigh = other.#priceHigh(0);
    const order = high === otherHigh ? this.#priceLow(0) - other.#priceLow(0) : high - otherHigh;
    return order === 0 || order > 0 === (this.#flip === 0);
  }

  /**
   * Sets the size at a price; zero removes the level, and one that is not there is nothing to remove.
   * The halves are of signed 64-bit numbers: high × 2^32 + low, low as an Int32Array shows it.
   */
  set(priceHigh: number, priceLow: number, sizeHigh: number, sizeLow: number): void {
    const high = priceHigh ^ this.#flip;
    const low = priceLow ^ this.#flip ^ SIGN;
    const index = this.#find(high, low);
    const words = this.#words;
    const at = index * STRIDE;
    const isThere = index < this.#end && words[at] === high && words[at + 1] === low;
    if ((sizeHigh | sizeLow) === 0) {
      if (isThere) this.#remove(index);
    } else if (isThere) {
      words[at + 2] = sizeHigh;
      words[at + 3] = sizeLow;
    } else {
      const place = this.#open(index) * STRIDE;
      this.#words[place] = high;
      this.#words[place + 1] = low;
      this.#words[place + 2] = sizeHigh;
      this.#words[place + 3] = sizeLow;
    }
  }

  /** Drops the worst levels beyond so many. */
  truncate(depth: number): void {
    if (this.length > depth) this.#start = this.#end - depth;
  }

  /**
   * Forgets all levels.
   *
   * @param expected how many come next: there is room for them, and for a third more; the memory is kept where it fits
   */
  clear(expected = 0): void {
    const wanted = Math.max(CAPACITY_MIN, Math.ceil((expected * 4) / 3) + 8);
    const before = this.#words.length / STRIDE;
    if (expected > 0 && (wanted > before || 2 * wanted < before)) this.#words = new Int32Array(wanted * STRIDE);
    const capacity = this.#words.length / STRIDE;
    // Venues send the best first, and each that is worse goes before it.
    this.#start = capacity - Math.floor((capacity - expected) / 2);
    this.#end = this.#start;
  }

  #place(rank: number): number {
    return (this.#end - 1 - rank) * STRIDE;
  }

  #priceHigh(rank: number): number {
    return (this.#words[this.#place(rank)] ?? 0) ^ this.#flip;
  }

  #priceLow(rank: number): number {
    return ((this.#words[this.#place(rank) + 1] ?? 0) ^ SIGN ^ this.#flip) >>> 0;
  }

  /** The first level whose key is not below this one, or the end. */
  #find(high: number, low: number): number {
    const words = this.#words;
    const start = this.#start;
    const end = this.#end;
    let step = 1;
    while (end - step >= start && !isBelow(words, end - step, high, low)) step *= 2;
    let from = Math.max(start, end - step);
    let to = end - (step >> 1);
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isBelow(words, middle, high, low)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #remove(index: number): void {
    if (index - this.#start < this.#end - 1 - index) {
      this.#move(this.#start, index, this.#start + 1);
      this.#start += 1;
    } else {
      this.#move(index + 1, this.#end, index);
      this.#end -= 1;
    }
  }

  /** Makes room for a level before `index`. @returns where it is to be written */
  #open(index: number): number {
    const isNearerStart = index - this.#start < this.#end - index;
    if (isNearerStart ? this.#start === 0 : this.#end * STRIDE === this.#words.length) {
      const before = this.#start;
      this.#makeRoom();
      return this.#open(index - before + this.#start);
    }
    if (isNearerStart) {
      this.#move(this.#start, index, this.#start - 1);
      this.#start -= 1;
      return index - 1;
    }
    this.#move(index, this.#end, index + 1);
    this.#end += 1;
    return index;
  }

  /** Levels [from, to) go to `target`; the few near the best one by one, which is faster than a call that moves blocks. */
  #move(from: number, to: number, target: number): void {
    const words = this.#words;
    const count = (to - from) * STRIDE;
    if (count > 64) {
      words.copyWithin(target * STRIDE, from * STRIDE, to * STRIDE);
    } else if (target < from) {
      for (let word = from * STRIDE, into = target * STRIDE; word < to * STRIDE; word += 1, into += 1)
        words[into] = words[word] ?? 0;
    } else {
      for (
        let word = to * STRIDE - 1, into = word + (target - from) * STRIDE;
        word >= from * STRIDE;
        word -= 1, into -= 1
      )
        words[into] = words[word] ?? 0;
    }
  }

  /** Puts the levels in the middle, of an array half as large again where they fill more than three quarters of it. */
  #makeRoom(): void {
    const { length } = this;
    const capacity = this.#words.length / STRIDE;
    const isFull = length * 4 > capacity * 3;
    const words = isFull ? new Int32Array(Math.ceil(capacity * 1.5) * STRIDE) : this.#words;
    const start = Math.floor((words.length / STRIDE - length) / 2);
    if (words === this.#words) words.copyWithin(start * STRIDE, this.#start * STRIDE, this.#end * STRIDE);
    else words.set(this.#words.subarray(this.#start * STRIDE, this.#end * STRIDE), start * STRIDE);
    this.#words = words;
    this.#start = start;
    this.#end = start + length;
  }
}

function isBelow(words: Int32Array, index: number, high: number, low: number): boolean {
  const keyHigh = words[index * STRIDE] ?? 0;
  return keyHigh < high || (keyHigh === high && (words[index * STRIDE + 1] ?? 0) < low);
}

function exactNumber(high: number, low: number): number {
  return high >= EXACT_HIGH_END || high < -EXACT_HIGH_END ? Number.NaN : high * TWO_32 + low;
}
