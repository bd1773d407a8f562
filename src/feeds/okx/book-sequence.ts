/** What to do with a message of a book channel. */
export type BookVerdict =
  /** A snapshot: it is the whole book from here on. */
  | "replace"
  /** Its levels go into the book; there may be none, when it says only that the connection lives. */
  | "apply"
  /** No snapshot came before it, or messages are missing: the book needs a new subscription. */
  | "gap";

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

  take({ action, seqId, prevSeqId }: BookPlace): BookVerdict {
    if (action === "update" && (this.#last === undefined || prevSeqId !== this.#last)) {
      this.#last = undefined;
      return "gap";
    }
    this.#last = seqId;
    return action === "snapshot" ? "replace" : "apply";
  }
}
