import type { BookVerdict } from "../../domain/index.ts";

/** Where a message of a book channel stands. Below 2^53. */
export interface BookPlace {
  readonly action: "snapshot" | "update";
  readonly seqId: number;
  /** -1 on snapshots. */
  readonly prevSeqId: number;
}

/**
 * Which messages of `books`, `books-l2-tbt` or `books50-l2-tbt` of one instrument continue its book: each names the one
 * before. `seqId` may stay (nothing changed for a minute) or fall (the venue's maintenance); what counts is the chain.
 *
 * @see https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
 */
export class BookSequence {
  #last: number | undefined;

  /** @param last the `seqId` of the last message, to go on from it */
  constructor(last?: number) {
    this.#last = last;
  }

  /** What the next message has to name; undefined when the book is not proven. */
  get last(): number | undefined {
    return this.#last;
  }

  /** The book is not proven until the next snapshot, for which it needs a new subscription. */
  forget(): void {
    this.#last = undefined;
  }

  take({ action, seqId, prevSeqId }: BookPlace): BookVerdict {
    if (action === "update" && (this.#last === undefined || prevSeqId !== this.#last)) {
      this.#last = undefined;
      return "gap";
    }
    this.#last = seqId;
    return action === "snapshot" ? "replace" : "apply";
  }
}
