/** Ranges of missing ids that one hole may fall apart into; ids that come in a stranger order are not tracked further. */
const RANGES_MAX = 4096;
/** In a gap's detail, which people read too. */
const RANGES_TOLD_MAX = 100;

/** First and last id, both inclusive. */
export type IdRange = readonly [first: number, last: number];

/** Ids of one hole that have not come yet, as ascending ranges. */
export class MissingIds {
  readonly #ranges: IdRange[];

  constructor(ranges: readonly IdRange[]) {
    this.#ranges = [...ranges];
  }

  get ranges(): readonly IdRange[] {
    return this.#ranges;
  }
  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }
  get isOverfull(): boolean {
    return this.#ranges.length > RANGES_MAX;
  }
  get count(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }
  get first(): number {
    return this.#ranges[0]?.[0] ?? 0;
  }
  get last(): number {
    return this.#ranges.at(-1)?.[1] ?? -1;
  }

  /** @returns how many of the ids first to last were missing until now */
  remove(first: number, last: number): number {
    if (this.isEmpty || last < this.first || first > this.last) return 0;
    let removed = 0;
    for (let index = this.#firstEndingAtOrAfter(first); index < this.#ranges.length; ) {
      const [from, to] = this.#ranges[index] as IdRange;
      if (from > last) break;
      const left: IdRange[] = [];
      if (from < first) left.push([from, first - 1]);
      if (to > last) left.push([last + 1, to]);
      removed += Math.min(to, last) - Math.max(from, first) + 1;
      this.#ranges.splice(index, 1, ...left);
      index += left.length;
    }
    return removed;
  }

  /** For people: "3 ids: 101 to 102, 107". */
  describe(): string {
    const told = this.#ranges
      .slice(0, RANGES_TOLD_MAX)
      .map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
    const untold = this.#ranges.length - told.length;
    const more = untold > 0 ? `, and ${untold} ranges more up to ${this.last}` : "";
    return `${this.count} ids: ${told.join(", ")}${more}`;
  }

  #firstEndingAtOrAfter(id: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
