import type { BookVerdict } from "../../domain/index.ts";

/**
 * Which messages of a topic continue its book. `cross_seq` grows from each to the next, but by no fixed step: a message
 * that is missing does not show, one that comes again or too late does.
 */
export class BookSequence {
  #last: number | undefined;

  /** @param last the `cross_seq` of the last message, to go on from it */
  constructor(last?: number) {
    this.#last = last;
  }

  /** undefined when the book is not proven. */
  get last(): number | undefined {
    return this.#last;
  }

  /** The book is not proven until the next snapshot. */
  forget(): void {
    this.#last = undefined;
  }

  take({ isSnapshot, crossSeq }: { readonly isSnapshot: boolean; readonly crossSeq: number }): BookVerdict {
    if (!isSnapshot && (this.#last === undefined || crossSeq <= this.#last)) {
      this.#last = undefined;
      return "gap";
    }
    this.#last = crossSeq;
    return isSnapshot ? "replace" : "apply";
  }
}
