/** Facts about a message of a book channel, or about a book; bits of a record's flags. */
export const BOOK_FLAGS = {
  /** Its levels are the whole book. */
  snapshot: 1,
  /** The record ends its message: a long one makes several. */
  last: 2,
  /** The book was not proven after the message. */
  maybeBad: 4,
  /** The message has no time of the venue's. */
  noEventTime: 8,
  locked: 16,
  crossed: 32,
  /** Nobody bids, or nobody asks. */
  oneSided: 64,
  checksumOk: 128,
  checksumFailed: 256,
  /** A snapshot that K2 made because it was time. */
  periodic: 512,
} as const;
export type BookFlag = keyof typeof BOOK_FLAGS;

/** Facts about a quote; bits of its flags. */
export const QUOTE_FLAGS = {
  /** From a proven book, not from the venue's quote channel. */
  derived: 1,
  locked: 2,
  crossed: 4,
  noEventTime: 8,
  noBid: 16,
  noAsk: 32,
} as const;
export type QuoteFlag = keyof typeof QUOTE_FLAGS;

/** Instead of BID or ASK in the one row of a snapshot without levels. */
export const NO_SIDE = 2;
