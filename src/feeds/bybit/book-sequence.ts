import type { BookVerdict } from "../../domain/index.ts";

/**
 * Which messages of one `orderbook.<depth>.<symbol>` topic continue its book: `u` grows by one from message to message.
 * A snapshot may come at any time, with `u` = 1 after the venue's own restart. Topics of depth 1 send snapshots only.
 *
 * After a gap the book needs a new subscription.
 *
 * @see https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */
export class BookSequence {
  #last: number | undefined;

  /** @param last the number of the last message, to go on from it */
  constructor(last?: number) {
    this.#last = last;
  }

  /** Of the last message; undefined when the book is not proven. */
  get last(): number | undefined {
    return this.#last;
  }

  /** What the next number would be; undefined when the book is not proven. */
  get next(): number | undefined {
    return this.#last === undefined ? undefined : this.#last + 1;
  }

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

  /** The book is not proven until the next snapshot. */
  forget(): void {
    this.#last = undefined;
  }
}
