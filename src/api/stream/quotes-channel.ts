import type { RecordBatch } from "../../base/index.ts";
import { decodeQuotes, type Gap, type Listings, QUOTE_FLAGS, QuoteRows } from "../../domain/index.ts";
import { admits, type ListingFilter } from "./listing-filter.ts";
import type { Paced, Pacer } from "./pacer.ts";
import { type QuoteState, quoteStateAt, quoteText, withdrawn } from "./quote-texts.ts";
import { Routes } from "./routes.ts";
import { type Leave, type Subscriber, tailOf } from "./subscriber.ts";

export interface QuotesChannelOptions {
  readonly listings: Listings;
  readonly pacer: Pacer;
}

/** Quotes that are decoded at once. */
const ROWS = 1_024;

/**
 * Best bids and asks as they become durable. A row is the new state of one source of one listing; of several within a
 * pause the last is sent, so that what waits for a subscriber is bounded by the number of sources. The snapshot is what
 * stands now.
 */
export class QuotesChannel {
  readonly #listings: Listings;
  readonly #pacer: Pacer;
  readonly #routes: Routes<Group>;
  readonly #rows = new QuoteRows(ROWS);
  /** What each source said last, by its key. */
  readonly #last = new Map<string, QuoteState>();

  constructor({ listings, pacer }: QuotesChannelOptions) {
    this.#listings = listings;
    this.#pacer = pacer;
    this.#routes = new Routes(listings, ({ filter }, listing) => admits(filter, listing));
  }

  /**
   * @param quotes records of the topic of quotes
   * @param gaps of books; one that opened takes back what was derived of its book
   */
  publish(quotes: RecordBatch, gaps: readonly Gap[]): void {
    const changed = new Map<string, QuoteState>();
    // Told together, a gap is newer than a quote of its book, unless it has closed since.
    for (let from = 0; from < quotes.count; ) {
      this.#rows.length = 0;
      from = decodeQuotes(quotes, this.#rows, from);
      for (let row = 0; row < this.#rows.length; row += 1) this.#keep(row, changed);
    }
    for (const gap of gaps) this.#withdraw(gap, changed);
    this.#hand(changed);
  }

  subscribe(filter: ListingFilter, subscriber: Subscriber): Leave {
    const key = JSON.stringify([filter.symbol, filter.venue]);
    const group = this.#routes.open(key, () => new Group(filter, (state) => this.#text(state)));
    // What the others still wait for is in the newcomer's snapshot: they get it before it joins them.
    if (group.hasGathered) this.#pacer.flush(group);
    const standing = [...this.#last.values()].filter(({ listing }) => admits(filter, this.#listings.at(listing)));
    subscriber.snapshot(tailOf(standing.map((state) => this.#text(state))));
    group.subscribers.add(subscriber);
    return () => {
      if (!group.subscribers.delete(subscriber) || group.subscribers.size > 0) return;
      this.#pacer.forget(group);
      this.#routes.close(key, group);
    };
  }

  #keep(row: number, changed: Map<string, QuoteState>): void {
    const isDerived = ((this.#rows.flags[row] ?? 0) & QUOTE_FLAGS.derived) !== 0;
    const key = keyOf(this.#rows.listing[row] ?? 0, isDerived, this.#rows.connection[row] ?? "");
    const state = quoteStateAt(this.#rows, row);
    this.#last.set(key, state);
    changed.set(key, state);
  }

  #withdraw({ state, venue, rawSymbols, connection, fromUs }: Gap, changed: Map<string, QuoteState>): void {
    if (state !== "open") return;
    for (const rawSymbol of rawSymbols) {
      const listing = this.#listings.find(venue, rawSymbol);
      const key = keyOf(listing?.index ?? -1, true, connection);
      const last = this.#last.get(key);
      // A quote that came after the gap began is of the book that is proven again.
      if (last === undefined || last.receiveTimeUs > fromUs) continue;
      const none = withdrawn(last);
      this.#last.set(key, none);
      changed.set(key, none);
    }
  }

  #hand(changed: ReadonlyMap<string, QuoteState>): void {
    if (this.#routes.size === 0) return;
    const touched = new Set<Group>();
    for (const [key, state] of changed) {
      for (const group of this.#routes.to(state.listing)) {
        group.gather(key, state);
        touched.add(group);
      }
    }
    for (const group of touched) this.#pacer.offer(group);
  }

  #text(state: QuoteState): string {
    return quoteText(state, this.#listings.at(state.listing));
  }
}

function keyOf(listing: number, isDerived: boolean, connection: string): string {
  return `${listing} ${isDerived ? "book" : "channel"} ${connection}`;
}

/** Subscribers that asked the same question, and the states that they will get next. */
class Group implements Paced {
  readonly filter: ListingFilter;
  readonly subscribers: Set<Subscriber> = new Set();
  readonly #textOf: (state: QuoteState) => string;
  /** The last state of each source that changed. */
  readonly #gathered = new Map<string, QuoteState>();

  constructor(filter: ListingFilter, textOf: (state: QuoteState) => string) {
    this.filter = filter;
    this.#textOf = textOf;
  }

  get hasGathered(): boolean {
    return this.#gathered.size > 0;
  }

  gather(key: string, state: QuoteState): void {
    this.#gathered.delete(key); // So that the order is that of the last changes.
    this.#gathered.set(key, state);
  }

  flush(): void {
    if (this.#gathered.size === 0) return;
    const tail = tailOf([...this.#gathered.values()].map(this.#textOf));
    this.#gathered.clear();
    for (const subscriber of this.subscribers) subscriber.update(tail);
  }
}
