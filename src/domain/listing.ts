import { InternalError } from "../base/index.ts";

/** An instrument at a venue, as the event log numbers it. */
export interface Listing {
  /** Its offset in the topic `market.listings`: what a trade record carries instead of text. */
  readonly index: number;
  /** A market with its own trade ids, such as "binance" or "binance-usdm". */
  readonly venue: string;
  /** The venue's own symbol, as its messages spell it. */
  readonly rawSymbol: string;
  /** Canonical instrument id. */
  readonly symbol: string;
  /** See unit.ts. Fixed when the listing is first seen, for good. */
  readonly unitExponent: number;
}

/** All listings of an event log, by number and by (venue, raw symbol). Grows only by appending. */
export class Listings {
  readonly #byIndex: Listing[] = [];
  readonly #byVenue = new Map<string, Map<string, Listing>>();

  get count(): number {
    return this.#byIndex.length;
  }

  add(listing: Listing): Listing {
    if (listing.index !== this.#byIndex.length) {
      throw new InternalError(
        `Listing ${listing.venue} ${listing.rawSymbol} has index ${listing.index}, expected ${this.#byIndex.length}`,
      );
    }
    this.#byIndex.push(listing);
    const venue = this.#byVenue.get(listing.venue) ?? new Map<string, Listing>();
    venue.set(listing.rawSymbol, listing);
    this.#byVenue.set(listing.venue, venue);
    return listing;
  }

  find(venue: string, rawSymbol: string): Listing | undefined {
    return this.#byVenue.get(venue)?.get(rawSymbol);
  }

  /** @throws {InternalError} when no listing has that number: records are never written before their listing */
  at(index: number): Listing {
    const listing = this.#byIndex[index];
    if (listing === undefined)
      throw new InternalError(`No listing has index ${index}; ${this.#byIndex.length} are known`);
    return listing;
  }

  all(): readonly Listing[] {
    return this.#byIndex;
  }
}
