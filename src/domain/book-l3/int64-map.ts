/** 32-bit words of a place: the key's halves, the value plus one (zero: the place is free), one to spare. */
const STRIDE_BITS = 2;
const CAPACITY_MIN = 16;

/**
 * From signed 64-bit keys, given in halves, to small whole numbers: open addressing in one typed array, so that neither a
 * BigInt nor an object is made for a key. Removal closes the hole that it leaves; nothing dead is ever walked over.
 */
export class Int64Map {
  #words: Int32Array;
  #mask: number;
  #size = 0;

  constructor(capacity: number = CAPACITY_MIN) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(CAPACITY_MIN, capacity * 2)));
    this.#words = new Int32Array(places << STRIDE_BITS);
    this.#mask = places - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns the value, or -1 where the key is not there */
  get(high: number, low: number): number {
    const words = this.#words;
    const mask = this.#mask;
    for (let place = home(high, low) & mask; ; place = (place + 1) & mask) {
      const at = place << STRIDE_BITS;
      const value = words[at + 2] ?? 0;
      if (value === 0) return -1;
      if (words[at + 1] === low && words[at] === high) return value - 1;
    }
  }

  /** @param value 0 to 2^31 - 2 */
  set(high: number, low: number, value: number): void {
    const words = this.#words;
    const mask = this.#mask;
    for (let place = home(high, low) & mask; ; place = (place + 1) & mask) {
      const at = place << STRIDE_BITS;
      const isFree = words[at + 2] === 0;
      if (isFree || (words[at + 1] === low && words[at] === high)) {
        words[at] = high;
        words[at + 1] = low;
        words[at + 2] = value + 1;
        if (isFree) this.#added();
        return;
      }
    }
  }

  /** @returns the value that was there, or -1 */
  delete(high: number, low: number): number {
    const words = this.#words;
    const mask = this.#mask;
    for (let place = home(high, low) & mask; ; place = (place + 1) & mask) {
      const at = place << STRIDE_BITS;
      const value = words[at + 2] ?? 0;
      if (value === 0) return -1;
      if (words[at + 1] === low && words[at] === high) {
        this.#close(place);
        this.#size -= 1;
        return value - 1;
      }
    }
  }

  clear(): void {
    this.#words.fill(0);
    this.#size = 0;
  }

  /** Moves back what a search would no longer reach over the hole. */
  #close(place: number): void {
    const words = this.#words;
    const mask = this.#mask;
    let hole = place;
    for (let next = (hole + 1) & mask; ; next = (next + 1) & mask) {
      const from = next << STRIDE_BITS;
      const into = hole << STRIDE_BITS;
      if (words[from + 2] === 0) {
        words[into + 2] = 0;
        return;
      }
      const wish = home(words[from] ?? 0, words[from + 1] ?? 0) & mask;
      // It may move where the hole lies between its home and itself, going round.
      if (((next - wish) & mask) < ((next - hole) & mask)) continue;
      words[into] = words[from] ?? 0;
      words[into + 1] = words[from + 1] ?? 0;
      words[into + 2] = words[from + 2] ?? 0;
      hole = next;
    }
  }

  #added(): void {
    this.#size += 1;
    if (this.#size * 2 <= this.#mask) return;
    const old = this.#words;
    this.#words = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    this.#size = 0;
    for (let at = 0; at < old.length; at += 1 << STRIDE_BITS) {
      const value = old[at + 2] ?? 0;
      if (value !== 0) this.set(old[at] ?? 0, old[at + 1] ?? 0, value - 1);
    }
  }
}

/** Multiplicative hashing, the upper bits folded down: ids count upwards and prices step, so the low bits alone repeat. */
function home(high: number, low: number): number {
  const mixed = Math.imul(low, -1_640_531_535) ^ Math.imul(high, -2_048_144_789);
  return mixed ^ (mixed >>> 15);
}
