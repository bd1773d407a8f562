import type { BookVerdict } from "../../domain/index.ts";
import type { QuoteSide } from "./quote-sides.ts";

interface BookState {
  /** Of quotes whose rows name the side that changed: how the last rows left bid and ask. */
  sides: (QuoteSide | null)[];
  /** Whether the book is whole since its last snapshot. */
  isWhole: boolean;
  /** Whether the message before was part of a snapshot. */
  wasSnapshot: boolean;
}

/** Whether the books of a file are whole, by venue and symbol: from a snapshot on, until a row of theirs is refused. */
export class BookStates {
  #states = new Map<string, BookState>();

  /** A message of changed levels. Of several parts of a snapshot the first begins the book again. */
  take(key: string, isSnapshot: boolean): BookVerdict {
    const state = this.#state(key);
    const isBegin = isSnapshot && !state.wasSnapshot;
    state.wasSnapshot = isSnapshot;
    if (isBegin) state.isWhole = true;
    if (isBegin) return "replace";
    return state.isWhole ? "apply" : "gap";
  }

  /** A row of it could not be read. */
  broke(key: string): void {
    this.#state(key).isWhole = false;
  }

  /** Both sides of a quote, by BID and ASK: null where nothing was said yet. */
  sides(key: string): (QuoteSide | null)[] {
    return this.#state(key).sides;
  }

  save(): string {
    return JSON.stringify(
      [...this.#states].map(([key, { isWhole, wasSnapshot, sides }]) => [key, isWhole, wasSnapshot, sides]),
    );
  }

  restore(saved: string): void {
    const states = JSON.parse(saved) as readonly (readonly [string, boolean, boolean, (QuoteSide | null)[]?])[];
    this.#states = new Map(
      states.map(([key, isWhole, wasSnapshot, sides = [null, null]]) => [key, { isWhole, wasSnapshot, sides }]),
    );
  }

  #state(key: string): BookState {
    const known = this.#states.get(key) ?? { isWhole: false, wasSnapshot: false, sides: [null, null] };
    this.#states.set(key, known);
    return known;
  }
}
