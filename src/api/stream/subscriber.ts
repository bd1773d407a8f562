/**
 * One subscription of one client: where its messages go. A tail is the end of a message's text, `[row,row]}`, made
 * once for all who get the same rows.
 */
export interface Subscriber {
  /** The first message, once. */
  snapshot(tail: Buffer): void;
  update(tail: Buffer): void;
  /** Instead of a snapshot: there is none, and nothing comes after. */
  failed(error: unknown): void;
}

/** Ends a subscription; nothing is delivered after. */
export type Leave = () => void;

/** @param rows JSON texts */
export function tailOf(rows: readonly string[]): Buffer {
  return Buffer.from(`[${rows.join(",")}]}`);
}
