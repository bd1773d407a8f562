import type { RecordBatch } from "../../base/index.ts";
import type { Gap, Listings, LiveBooks } from "../../domain/index.ts";
import { listingsOf } from "./book-messages.ts";
import { standingText } from "./book-texts.ts";
import { admits, type ListingFilter } from "./listing-filter.ts";
import type { Paced, Pacer } from "./pacer.ts";
import { Routes } from "./routes.ts";
import { type Leave, type Subscriber, tailOf } from "./subscriber.ts";

export interface BookChannelOptions {
  readonly listings: Listings;
  readonly liveBooks: LiveBooks;
  readonly pacer: Pacer;
}

/**
 * The best levels of books as they stand when a message is sent: each row replaces the one before of its book. Of several
 * changes within a pause the last is seen, one beyond the depth is not told; so what waits for a subscriber is bounded, and
 * nothing is kept where nobody subscribes.
 */
export class BookChannel {
  readonly #listings: Listings;
  readonly #liveBooks: LiveBooks;
  readonly #pacer: Pacer;
  readonly #routes: Routes<Group>;

  constructor({ listings, liveBooks, pacer }: BookChannelOptions) {
    this.#listings = listings;
    this.#liveBooks = liveBooks;
    this.#pacer = pacer;
    this.#routes = new Routes(listings, ({ filter }, listing) => admits(filter, listing));
  }

  /** These books have changed. */
  publish(changes: RecordBatch, gaps: readonly Gap[]): void {
    if (this.#routes.size === 0) return;
    const changed = new Set(listingsOf(changes));
    for (const { venue, rawSymbols } of gaps) {
      for (const rawSymbol of rawSymbols) {
        const listing = this.#listings.find(venue, rawSymbol);
        if (listing !== undefined) changed.add(listing.index);
      }
    }
    const touched = new Set<Group>();
    for (const listing of changed) {
      for (const group of this.#routes.to(listing)) {
        group.changed.add(listing);
        touched.add(group);
      }
    }
    for (const group of touched) this.#pacer.offer(group);
  }

  /** @param depth levels a side at the most */
  subscribe(filter: ListingFilter, depth: number, subscriber: Subscriber): Leave {
    const key = JSON.stringify([filter.symbol, filter.venue, depth]);
    const group = this.#routes.open(key, () => new Group(filter, (listing) => this.#rows(listing, depth)));
    // What the others still wait for is in the newcomer's snapshot: they get it before it joins them.
    if (group.changed.size > 0) this.#pacer.flush(group);
    const standing = this.#listings.all().filter((listing) => admits(filter, listing));
    subscriber.snapshot(tailOf(standing.flatMap(({ index }) => [...this.#rows(index, depth).values()])));
    group.add(subscriber);
    return () => {
      if (!group.subscribers.delete(subscriber) || group.subscribers.size > 0) return;
      this.#pacer.forget(group);
      this.#routes.close(key, group);
    };
  }

  /** By connection. */
  #rows(index: number, depth: number): ReadonlyMap<string, string> {
    const listing = this.#listings.at(index);
    const rows = new Map<string, string>();
    for (const book of this.#liveBooks(index)) {
      const text = standingText(book, listing, depth);
      if (text !== undefined) rows.set(`${index} ${book.connection}`, text);
    }
    return rows;
  }
}

/** Subscribers that asked the same question. */
class Group implements Paced {
  readonly filter: ListingFilter;
  readonly subscribers: Set<Subscriber> = new Set();
  /** Listings whose books may have. */
  readonly changed: Set<number> = new Set();
  readonly #rowsOf: (listing: number) => ReadonlyMap<string, string>;
  /** What was told last of each book, but for its head. */
  readonly #told = new Map<string, string>();

  constructor(filter: ListingFilter, rowsOf: (listing: number) => ReadonlyMap<string, string>) {
    this.filter = filter;
    this.#rowsOf = rowsOf;
  }

  add(subscriber: Subscriber): void {
    this.subscribers.add(subscriber);
    // What it knows is newer than what the others were told.
    this.#told.clear();
  }

  flush(): void {
    const rows: string[] = [];
    for (const listing of this.changed) {
      for (const [book, text] of this.#rowsOf(listing)) {
        // Position, time and number differ with each change, also of one beyond the depth.
        const levels = text.slice(Math.max(0, text.indexOf('"bids":')));
        if (this.#told.get(book) === levels) continue;
        this.#told.set(book, levels);
        rows.push(text);
      }
    }
    this.changed.clear();
    if (rows.length === 0) return;
    const tail = tailOf(rows);
    for (const subscriber of this.subscribers) subscriber.update(tail);
  }
}
