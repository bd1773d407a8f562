import { Int64Map } from "./int64-map.ts";

/**
 * The ids of the last so many orders that died. A log whose lines are not in the venue's order tells of an order's birth
 * after its death; without this memory the dead would rest in the book for ever.
 */
export class Tombstones {
  readonly #places: Int64Map;
  /** The ids in the order in which they died, two halves each; the oldest is overwritten. */
  readonly #ring: Int32Array;
  readonly #countMax: number;
  #next = 0;
  #count = 0;

  /** @param countMax how many are remembered; 0 for a source whose order can be trusted */
  constructor(countMax: number) {
    this.#countMax = countMax;
    this.#ring = new Int32Array(countMax * 2);
    this.#places = new Int64Map(Math.min(countMax, 1024));
  }

  get size(): number {
    return this.#count;
  }

  has(high: number, low: number): boolean {
    return this.#count > 0 && this.#places.get(high, low) >= 0;
  }

  add(high: number, low: number): void {
    if (this.#countMax === 0 || this.#places.get(high, low) >= 0) return;
    const at = this.#next * 2;
    if (this.#count === this.#countMax) this.#places.delete(this.#ring[at] ?? 0, this.#ring[at + 1] ?? 0);
    else this.#count += 1;
    this.#ring[at] = high;
    this.#ring[at + 1] = low;
    this.#places.set(high, low, this.#next);
    this.#next = (this.#next + 1) % this.#countMax;
  }

  /** Halves of the ids, the oldest first. */
  *ids(): Generator<readonly [high: number, low: number]> {
    const first = this.#next - this.#count + this.#countMax;
    for (let nth = 0; nth < this.#count; nth += 1) {
      const at = ((first + nth) % this.#countMax) * 2;
      yield [this.#ring[at] ?? 0, this.#ring[at + 1] ?? 0];
    }
  }

  clear(): void {
    this.#places.clear();
    this.#next = 0;
    this.#count = 0;
  }
}
