import type { BookVerdict } from "../../domain/index.ts";

/**
 * Which messages of the feed "book" of one product continue its book: `seq` grows by one with each, from that of the
 * snapshot on. What comes again is in the book already.
 *
 * @see https://docs.kraken.com/exchange/api-reference/futures-websocket/book
 */
export class BookSequence {
  #last: number | undefined;

  /** @param last the `seq` of the last message, to go on from it */
  constructor(last?: number) {
    this.#last = last;
  }

  /** undefined when the book is not proven. */
  get last(): number | undefined {
    return this.#last;
  }

  /** The book is not proven until the next snapshot, for which it needs a new subscription. */
  forget(): void {
    this.#last = undefined;
  }

  take({ isSnapshot, seq }: { readonly isSnapshot: boolean; readonly seq: number }): BookVerdict {
    if (!isSnapshot) {
      if (this.#last !== undefined && seq <= this.#last) return "old";
      if (this.#last === undefined || seq !== this.#last + 1) {
        this.#last = undefined;
        return "gap";
      }
    }
    this.#last = seq;
    return isSnapshot ? "replace" : "apply";
  }
}
