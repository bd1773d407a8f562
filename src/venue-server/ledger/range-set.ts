/**
 * Whole numbers that were seen, kept as runs: a set of mostly contiguous ids costs next to nothing.
 * When there are more runs than `runsMax` the lowest are forgotten.
 */
export class RangeSet {
  readonly #runsMax: number;
  /** Ascending and apart: [from, to) of each run, one after the other. */
  #edges: number[] = [];

  constructor(runsMax = 262_144) {
    this.#runsMax = runsMax;
  }

  get runs(): number {
    return this.#edges.length / 2;
  }

  /** @returns false when it was there already */
  add(value: number): boolean {
    const edges = this.#edges;
    const last = edges.length - 1;
    if (edges[last] === value) {
      edges[last] = value + 1; // Nearly always: the next id.
      return true;
    }
    const at = this.#firstEdgeAbove(value);
    if (at % 2 === 1) return false; // Between a run's start and its end.
    const joinsBefore = edges[at - 1] === value;
    const joinsAfter = edges[at] === value + 1;
    if (joinsBefore && joinsAfter) edges.splice(at - 1, 2);
    else if (joinsBefore) edges[at - 1] = value + 1;
    else if (joinsAfter) edges[at] = value;
    else edges.splice(at, 0, value, value + 1);
    if (this.runs > this.#runsMax) this.#edges = edges.slice(2 * Math.ceil(this.#runsMax / 8));
    return true;
  }

  #firstEdgeAbove(value: number): number {
    let low = 0;
    let high = this.#edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#edges[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
