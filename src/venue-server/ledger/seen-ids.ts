import { RangeSet } from "./range-set.ts";

/** Texts remembered at least: a generation of this many is forgotten when the next is full. */
const TEXTS_MAX = 1_048_576;

/** Which trades were counted already: numbers as runs, other ids as texts of the last one to two million. */
export class SeenIds {
  readonly #numbers = new RangeSet();
  #texts = new Set<string>();
  #textsBefore = new Set<string>();

  /** @returns false when it was there already */
  add(id: number | string): boolean {
    if (typeof id === "number") return this.#numbers.add(id);
    if (this.#texts.has(id) || this.#textsBefore.has(id)) return false;
    if (this.#texts.size >= TEXTS_MAX) {
      this.#textsBefore = this.#texts;
      this.#texts = new Set();
    }
    this.#texts.add(id);
    return true;
  }
}
