import type { ListingFilter } from "./listing-filter.ts";
import type { Paced } from "./pacer.ts";
import { type Subscriber, tailOf } from "./subscriber.ts";

/** One row for those who follow a book. */
export interface ChangeRow {
  /** Listing and connection. */
  readonly book: string;
  readonly rawOffset: number;
  /** It needs no row before it: the whole book, or that it is not proven. */
  readonly isWhole: boolean;
  readonly text: string;
}

/** Sent at once when so much waits, however short the time. */
const GATHERED_MAX = 1024 * 1024;

/** Subscribers to the changes of the same books, and the rows that they get next. */
export class BookFollowers implements Paced {
  readonly filter: ListingFilter;
  /** Each with what it knows: by book, the frame up to which its snapshot has everything. */
  readonly #subscribers = new Map<Subscriber, Map<string, number>>();
  #rows: ChangeRow[] = [];
  #length = 0;

  constructor(filter: ListingFilter) {
    this.filter = filter;
  }

  get size(): number {
    return this.#subscribers.size;
  }

  get hasGathered(): boolean {
    return this.#rows.length > 0;
  }

  get isFull(): boolean {
    return this.#length > GATHERED_MAX;
  }

  add(subscriber: Subscriber, known: Map<string, number>): void {
    this.#subscribers.set(subscriber, known);
  }

  remove(subscriber: Subscriber): boolean {
    return this.#subscribers.delete(subscriber);
  }

  gather(row: ChangeRow): void {
    this.#rows.push(row);
    this.#length += row.text.length;
  }

  flush(): void {
    const rows = this.#rows;
    this.#rows = [];
    this.#length = 0;
    let shared: Buffer | undefined;
    for (const [subscriber, known] of this.#subscribers) {
      // A newcomer's snapshot is ahead of what is durable: some of this is in it.
      const wanted = rows.filter((row) => isNews(row, known));
      if (wanted.length === 0) continue;
      if (wanted.length === rows.length) shared ??= textOf(rows);
      subscriber.update(wanted.length === rows.length && shared !== undefined ? shared : textOf(wanted));
    }
  }
}

function isNews({ book, rawOffset, isWhole }: ChangeRow, known: Map<string, number>): boolean {
  const through = known.get(book);
  if (through !== undefined) return rawOffset > through;
  if (isWhole) known.set(book, -1);
  return isWhole;
}

function textOf(rows: readonly ChangeRow[]): Buffer {
  return tailOf(rows.map(({ text }) => text));
}
