/** How often each of two sockets at most has told an event, and how many rows there are of it. */
interface Counted {
  rows: number;
  byEpoch: readonly (readonly [epoch: number, count: number])[];
}

const EPOCHS_MAX = 2;

/**
 * Events without an id that come once on each socket that runs, and of which two may be alike: the n-th on a socket is a
 * row where there are fewer than n yet. So a change-over doubles none and loses none.
 */
export class CountedEvents {
  readonly #counted: Map<string, Counted>;
  readonly #countMax: number;

  constructor(countMax: number, entries: Iterable<readonly [string, Counted]> = []) {
    this.#countMax = countMax;
    this.#counted = new Map(entries);
  }

  /**
   * @param countMax as many as there can be of it: 1 of one with an id
   * @returns whether the event is new
   */
  isNew(key: string, epoch: number, countMax: number = Number.POSITIVE_INFINITY): boolean {
    const counted = this.#counted.get(key) ?? { rows: 0, byEpoch: [] };
    const count = Math.min(countMax, (counted.byEpoch.find(([of]) => of === epoch)?.[1] ?? 0) + 1);
    const others = counted.byEpoch.filter(([of]) => of !== epoch).slice(1 - EPOCHS_MAX);
    counted.byEpoch = [...others, [epoch, count]];
    const isNew = count > counted.rows;
    if (isNew) counted.rows = count;
    this.#counted.delete(key);
    this.#counted.set(key, counted);
    if (this.#counted.size > this.#countMax) {
      const [oldest] = this.#counted.keys();
      if (oldest !== undefined) this.#counted.delete(oldest);
    }
    return isNew;
  }

  /** For a checkpoint. */
  entries(): readonly (readonly [string, Counted])[] {
    return [...this.#counted];
  }
}
