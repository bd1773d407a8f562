import type { BookVerdict } from "../../domain/index.ts";

interface BookState {
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

  save(): string {
    return JSON.stringify([...this.#states].map(([key, { isWhole, wasSnapshot }]) => [key, isWhole, wasSnapshot]));
  }

  restore(saved: string): void {
    const states = JSON.parse(saved) as readonly (readonly [string, boolean, boolean])[];
    this.#states = new Map(states.map(([key, isWhole, wasSnapshot]) => [key, { isWhole, wasSnapshot }]));
  }

  #state(key: string): BookState {
    const known = this.#states.get(key) ?? { isWhole: false, wasSnapshot: false };
    this.#states.set(key, known);
    return known;
  }
}
