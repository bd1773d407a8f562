import { type Abortable, abortable } from "../base/index.ts";
import { type Listing, Listings } from "../domain/index.ts";

/** Where other stages than the trades' get listings: they name them in their events and never write them. */
export interface ListingDesk {
  readonly listings: Listings;
  /**
   * The listing of that venue and symbol, made and numbered at once where there is none yet; its record follows in the
   * event log. Whoever sees a symbol first fixes its unit.
   */
  take(listing: Omit<Listing, "index">): Listing;
  /**
   * Resolves when the first `count` listings are in the event log: before that, no record that names one may be.
   * Rejects with the writer's error when it has failed.
   */
  whenDurable(count: number, options?: Abortable): Promise<void>;
}

/** The listings of the event log, and those that the current transaction adds. */
export class ListingBook implements ListingDesk {
  readonly listings: Listings;
  #created: Listing[] = [];
  #durableCount: number;
  #moved: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Called when someone else than the writer has made a listing, which waits to be written. */
  onTaken: () => void = () => {};

  constructor(known: readonly Listing[] = []) {
    this.listings = new Listings();
    for (const listing of known) this.listings.add(listing);
    this.#durableCount = known.length;
    this.#moved.promise.catch(() => {}); // Nobody may be waiting when the writer fails.
  }

  /** A new listing, whose number is the offset that its record will get in `market.listings`. */
  create(listing: Omit<Listing, "index">): Listing {
    const created = this.listings.add({ index: this.listings.count, ...listing });
    this.#created.push(created);
    return created;
  }

  take(listing: Omit<Listing, "index">): Listing {
    const known = this.listings.find(listing.venue, listing.rawSymbol);
    if (known !== undefined) return known;
    const created = this.create(listing);
    this.onTaken();
    return created;
  }

  /** Whether listings wait to be written. */
  get isWaiting(): boolean {
    return this.#created.length > 0;
  }

  takeCreated(): readonly Listing[] {
    const created = this.#created;
    this.#created = [];
    return created;
  }

  /** These are in the event log. */
  written(listings: readonly Listing[]): void {
    if (listings.length === 0) return;
    this.#durableCount += listings.length;
    const moved = this.#moved;
    this.#moved = Promise.withResolvers();
    this.#moved.promise.catch(() => {});
    moved.resolve();
  }

  /** Nothing will be written any more. */
  fail(error: unknown): void {
    this.#moved.reject(error);
  }

  async whenDurable(count: number, { signal }: Abortable = {}): Promise<void> {
    while (this.#durableCount < count) await abortable(this.#moved.promise, signal);
  }
}
