/** What a message's `sequence_num` says. */
export type SequenceVerdict = "next" | "old" | "gap";

/**
 * Advanced Trade numbers the messages of a connection, over all its channels, from 0 without a hole: a number left out
 * may have been a level2 update, so that every book of the connection is unproven until its next snapshot.
 *
 * @see https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-overview#sequence-numbers
 */
export class ConnectionSequence {
  #next = 0;

  /** The number that comes next if nothing is missing. */
  get next(): number {
    return this.#next;
  }

  /** Goes on where another was. */
  startAt(next: number): void {
    this.#next = next;
  }

  /** After a gap it goes on from the number seen, so that one loss is told once. */
  take(sequenceNum: number): SequenceVerdict {
    if (sequenceNum < this.#next) return "old";
    const isNext = sequenceNum === this.#next;
    this.#next = sequenceNum + 1;
    return isNext ? "next" : "gap";
  }
}
