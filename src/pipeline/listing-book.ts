import { type Listing, Listings } from "../domain/index.ts";

/** The listings of the event log, and those that the current transaction adds. */
export class ListingBook {
  readonly listings: Listings;
  #created: Listing[] = [];

  constructor(known: readonly Listing[] = []) {
    this.listings = new Listings();
    for (const listing of known) this.listings.add(listing);
  }

  /** A new listing, whose number is the offset that its record will get in `market.listings`. */
  create(listing: Omit<Listing, "index">): Listing {
    const created = this.listings.add({ index: this.listings.count, ...listing });
    this.#created.push(created);
    return created;
  }

  takeCreated(): readonly Listing[] {
    const created = this.#created;
    this.#created = [];
    return created;
  }
}
