/** What to do with an order book message. */
export type BookVerdict =
  /** A snapshot: it is the whole book from here on. */
  | "replace"
  /** Its levels go into the book. */
  | "apply"
  /** Seen already. */
  | "old"
  /** No snapshot came before it, or messages are missing: the book needs a new subscription. */
  | "gap";

/**
 * Which messages of one `orderbook.<depth>.<symbol>` topic continue its book: `u` grows by one from message to message.
 * A snapshot may come at any time, with `u` = 1 after the venue's own restart. Topics of depth 1 send snapshots only.
 *
 * @see https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */
export class BookSequence {
  #last: number | undefined;

  take(message: { readonly type: "snapshot" | "delta"; readonly u: number }): BookVerdict {
    const last = this.#last;
    if (message.type === "snapshot") {
      this.#last = message.u;
      return "replace";
    }
    if (last === undefined) return "gap";
    if (message.u <= last) return "old";
    this.#last = message.u === last + 1 ? message.u : undefined;
    return this.#last === undefined ? "gap" : "apply";
  }
}
