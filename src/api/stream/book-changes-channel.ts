import type { RecordBatch } from "../../base/index.ts";
import type { Gap, Listing, Listings, LiveBooks } from "../../domain/index.ts";
import { positionText } from "../../query/index.ts";
import { BookFollowers, type ChangeRow } from "./book-followers.ts";
import { type BookStreamMessage, isOfBook, messagesOf, placeOfGap } from "./book-messages.ts";
import { lostBookText, messageText, standingText, wholeBookText } from "./book-texts.ts";
import { admits, type ListingFilter } from "./listing-filter.ts";
import type { Pacer } from "./pacer.ts";
import { Routes } from "./routes.ts";
import { type Leave, type Subscriber, tailOf } from "./subscriber.ts";

export interface BookChangesChannelOptions {
  readonly listings: Listings;
  readonly liveBooks: LiveBooks;
  readonly pacer: Pacer;
}

const ALL_LEVELS = Number.POSITIVE_INFINITY;

/** How far one book has been told. */
interface Told {
  readonly listing: Listing;
  isProven: boolean;
  /** What stands in frames up to this one is in the whole book that was told. */
  throughOffset: number;
  /** Position of the last message told. */
  position: string | undefined;
}

/** A gap that opened, and where. */
type Loss = ReturnType<typeof placeOfGap> & { readonly gap: Gap };

/**
 * Books message by message, as they become durable: whole first, then each change with the position of the one before, so
 * that nothing can be missing unseen. A book that is not proven any more is said to be so, its changes are not told, and
 * what comes next is the whole book again. Nothing is kept of a book that nobody subscribes to.
 */
export class BookChangesChannel {
  readonly #listings: Listings;
  readonly #liveBooks: LiveBooks;
  readonly #pacer: Pacer;
  readonly #routes: Routes<BookFollowers>;
  /** By listing and connection; of listings that somebody follows. */
  readonly #told = new Map<string, Told>();

  constructor({ listings, liveBooks, pacer }: BookChangesChannelOptions) {
    this.#listings = listings;
    this.#liveBooks = liveBooks;
    this.#pacer = pacer;
    this.#routes = new Routes(listings, ({ filter }, listing) => admits(filter, listing));
  }

  publish(changes: RecordBatch, gaps: readonly Gap[]): void {
    if (this.#routes.size === 0) return;
    const losses = this.#losses(gaps);
    for (const message of messagesOf(changes, (listing) => this.#routes.to(listing).length > 0)) {
      const key = keyOf(message.listing, message.connection);
      this.#lose(key, losses, message);
      this.#tellMessage(key, message);
    }
    for (const key of losses.keys()) this.#lose(key, losses);
    for (const { state, venue, rawSymbols, connection } of gaps) {
      const listing = state === "closed" ? this.#listings.find(venue, rawSymbols[0] ?? "") : undefined;
      if (listing !== undefined) this.#tellWhole(keyOf(listing.index, connection), connection);
    }
    for (const followers of this.#routes.groups()) if (followers.hasGathered) this.#pacer.offer(followers);
  }

  subscribe(filter: ListingFilter, subscriber: Subscriber): Leave {
    const key = JSON.stringify([filter.symbol, filter.venue]);
    const group = this.#routes.open(key, () => new BookFollowers(filter));
    // What the others still wait for is in the newcomer's snapshot: they get it before it joins them.
    if (group.hasGathered) this.#pacer.flush(group);
    const rows: string[] = [];
    const known = new Map<string, number>();
    for (const listing of this.#listings.all().filter((each) => admits(filter, each))) {
      for (const book of this.#liveBooks(listing.index)) {
        const text = standingText(book, listing, ALL_LEVELS);
        if (text === undefined) continue;
        const { connection, isProven, throughOffset } = book;
        rows.push(text);
        known.set(keyOf(listing.index, connection), throughOffset);
        if (!this.#told.has(keyOf(listing.index, connection)))
          this.#told.set(keyOf(listing.index, connection), {
            ...{ listing, isProven, throughOffset },
            position: positionText(book),
          });
      }
    }
    subscriber.snapshot(tailOf(rows));
    group.add(subscriber, known);
    return () => {
      if (!group.remove(subscriber) || group.size > 0) return;
      this.#pacer.forget(group);
      this.#routes.close(key, group);
      for (const [book, { listing }] of this.#told)
        if (this.#routes.to(listing.index).length === 0) this.#told.delete(book);
    };
  }

  /** Books that were lost, by key, in order; of those that somebody follows. */
  #losses(gaps: readonly Gap[]): Map<string, Loss[]> {
    const losses = new Map<string, Loss[]>();
    for (const gap of gaps) {
      if (gap.state !== "open" || !isOfBook(gap)) continue;
      const listing = this.#listings.find(gap.venue, gap.rawSymbols[0] ?? "");
      if (listing === undefined || this.#routes.to(listing.index).length === 0) continue;
      const key = keyOf(listing.index, gap.connection);
      losses.set(key, [...(losses.get(key) ?? []), { ...placeOfGap(gap), gap }]);
    }
    return losses;
  }

  /** Tells what was lost up to a message of the book; without one, what is left. */
  #lose(key: string, losses: ReadonlyMap<string, Loss[]>, upTo?: BookStreamMessage): void {
    const ofBook = losses.get(key);
    for (let loss = ofBook?.[0]; loss !== undefined; loss = ofBook?.[0]) {
      const { gap, rawOffset, frameIndex } = loss;
      if (upTo !== undefined && (rawOffset - upTo.rawOffset || frameIndex - upTo.frameIndex) > 0) return;
      ofBook?.shift();
      const told = this.#told.get(key);
      if (told === undefined || !told.isProven || rawOffset <= told.throughOffset) continue;
      told.isProven = false;
      this.#hand(told, { book: key, rawOffset, isWhole: true, text: lostBookText(told.listing, gap, gap) });
    }
  }

  #tellMessage(key: string, message: BookStreamMessage): void {
    const told = this.#toldOf(key, message.listing);
    const { rawOffset, position, isWhole, isProven } = message;
    if (rawOffset <= told.throughOffset || !isProven) return;
    if (!isWhole && !told.isProven) {
      this.#tellWhole(key, message.connection);
      return;
    }
    told.isProven = true;
    const text = messageText(message, told.listing, isWhole ? undefined : told.position);
    told.position = position;
    this.#hand(told, { book: key, rawOffset, isWhole, text });
  }

  /** Tells a book that is proven again as it stands in memory, a moment ahead of what is durable. */
  #tellWhole(key: string, connection: string): void {
    const told = this.#told.get(key);
    if (told === undefined || told.isProven) return;
    const book = this.#liveBooks(told.listing.index).find((each) => each.connection === connection);
    if (book === undefined || !book.isProven) return;
    told.isProven = true;
    told.throughOffset = book.throughOffset;
    told.position = positionText(book);
    const text = wholeBookText(book, told.listing, ALL_LEVELS);
    this.#hand(told, { book: key, rawOffset: book.throughOffset, isWhole: true, text });
  }

  #toldOf(key: string, index: number): Told {
    const known = this.#told.get(key);
    if (known !== undefined) return known;
    const told = { listing: this.#listings.at(index), isProven: false, throughOffset: -1, position: undefined };
    this.#told.set(key, told);
    return told;
  }

  #hand({ listing }: Told, row: ChangeRow): void {
    for (const followers of this.#routes.to(listing.index)) {
      followers.gather(row);
      if (followers.isFull) this.#pacer.flush(followers);
    }
  }
}

function keyOf(listing: number, connection: string): string {
  return `${listing} ${connection}`;
}
