/** Why an order-level book may differ from the venue's. */
export const L3_DOUBTS = [
  /** It has seen no snapshot: orders that were there before are unknown. */
  "cold",
  /** The source says, by a flag or a missing sequence number, that messages are lost. */
  "gap",
  /** An event named an order that does not rest. */
  "unknown-order",
  /** An order was added that rests already. */
  "duplicate-order",
  /** More was taken from an order or a level than rested there. */
  "excess-size",
  /** A snapshot by price contradicted the orders known there. */
  "contradicted",
  /** A size, a level's sum or the number of orders is beyond what the book holds. */
  "out-of-bounds",
] as const;
export type L3Doubt = (typeof L3_DOUBTS)[number];

/** Places in L3_DOUBTS, for counting without looking a name up. */
export const COLD = 0;
export const GAP = 1;
export const UNKNOWN_ORDER = 2;
export const DUPLICATE_ORDER = 3;
export const EXCESS_SIZE = 4;
export const CONTRADICTED = 5;
export const OUT_OF_BOUNDS = 6;

/** What has spoken against a book since its last snapshot, counted. */
export class L3Doubts {
  readonly #counts = new Uint32Array(L3_DOUBTS.length);
  #isAny = false;

  /** Whether nothing has: what the book shows follows from a snapshot and every event since. */
  get isNone(): boolean {
    return !this.#isAny;
  }

  count(doubt: L3Doubt): number {
    return this.#counts[L3_DOUBTS.indexOf(doubt)] ?? 0;
  }

  /** Those that were seen, with how often. */
  all(): readonly (readonly [doubt: L3Doubt, count: number])[] {
    return L3_DOUBTS.map((doubt, code) => [doubt, this.#counts[code] ?? 0] as const).filter(([, count]) => count > 0);
  }

  add(code: number): void {
    this.#counts[code] = (this.#counts[code] ?? 0) + 1;
    this.#isAny = true;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#isAny = false;
  }
}
