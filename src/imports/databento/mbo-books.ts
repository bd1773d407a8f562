import {
  L3_APPLIED,
  L3Book,
  ORDER_ADD,
  ORDER_CLEAR,
  ORDER_FLAGS,
  ORDER_NONE,
  type OrderEvents,
} from "../../domain/index.ts";

export interface MboBooksOptions {
  /** Instruments at once; events of more are counted as refused. */
  readonly booksMax?: number;
  /** Orders at once in one book. */
  readonly ordersMax?: number;
}

const BOOKS_MAX = 10_000;
const ORDERS_MAX = 4_000_000;

/**
 * The books behind a Databento MBO stream, one for each instrument. A snapshot begins a book again, with its clear record
 * or, in files that lack it, with the first record that says it is of a snapshot. A book is compared, and may be crossed,
 * only after the last record of an event.
 *
 * @see https://databento.com/docs/examples/order-book/limit-order-book
 */
export class MboBooks {
  /** Events whose instrument is one too many. */
  refusedEvents = 0;
  readonly #books = new Map<number, BookState>();
  readonly #booksMax: number;
  readonly #ordersMax: number;

  constructor({ booksMax = BOOKS_MAX, ordersMax = ORDERS_MAX }: MboBooksOptions = {}) {
    this.#booksMax = booksMax;
    this.#ordersMax = ordersMax;
  }

  /** Instruments that have a book. */
  get instruments(): readonly number[] {
    return [...this.#books.keys()];
  }

  book(instrument: number): L3Book | undefined {
    return this.#books.get(instrument)?.book;
  }

  /** Ends of events at which the instrument's book showed a bid at or above an ask. */
  crossings(instrument: number): number {
    return this.#books.get(instrument)?.crossings ?? 0;
  }

  /** Takes the event in a row. @returns L3_APPLIED and the rest */
  apply(events: OrderEvents, row: number): number {
    const state = this.#stateOf(events.instrument[row] ?? 0);
    if (state === undefined) {
      this.refusedEvents += 1;
      return L3_APPLIED;
    }
    return state.apply(events, row);
  }

  #stateOf(instrument: number): BookState | undefined {
    const known = this.#books.get(instrument);
    if (known !== undefined || this.#books.size >= this.#booksMax) return known;
    const state = new BookState(new L3Book({ ordersMax: this.#ordersMax }));
    this.#books.set(instrument, state);
    return state;
  }
}

class BookState {
  readonly book: L3Book;
  crossings = 0;
  #isInSnapshot = false;

  constructor(book: L3Book) {
    this.book = book;
  }

  apply(events: OrderEvents, row: number): number {
    const flags = events.flags[row] ?? 0;
    const isPlain = (flags & ~ORDER_FLAGS.last) === 0 && events.action[row] !== ORDER_CLEAR;
    if (isPlain) this.#isInSnapshot = false;
    const verdict = isPlain ? this.book.apply(events, row) : this.#applyFlagged(events, row, flags);
    if ((flags & ORDER_FLAGS.last) !== 0) {
      this.#isInSnapshot = false;
      if (this.book.isCrossed) this.crossings += 1;
    }
    return verdict;
  }

  #applyFlagged(events: OrderEvents, row: number, flags: number): number {
    const { book } = this;
    const isSnapshot = (flags & ORDER_FLAGS.snapshot) !== 0;
    const action = events.action[row] ?? ORDER_NONE;
    if (isSnapshot && !this.#isInSnapshot) book.begin();
    this.#isInSnapshot = isSnapshot;
    let verdict: number;
    if ((flags & ORDER_FLAGS.topOfBook) !== 0 && action === ORDER_ADD) {
      // A venue that shows its best price only: it replaces the side, and no price means that nothing rests there.
      book.clearSide(events.side[row] ?? 0);
      verdict = events.size.low(row) === 0 ? L3_APPLIED : book.apply(events, row);
    } else {
      verdict = book.apply(events, row);
    }
    if (action === ORDER_CLEAR && !isSnapshot) book.begin();
    if ((flags & ORDER_FLAGS.maybeBadBook) !== 0) book.loseTrack();
    return verdict;
  }
}
