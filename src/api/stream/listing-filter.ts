import type { Listing } from "../../domain/index.ts";

/** Which listings a subscriber wants; all that a field does not name. */
export interface ListingFilter {
  readonly symbol?: string;
  readonly venue?: string;
}

export function admits({ symbol, venue }: ListingFilter, listing: Listing): boolean {
  return (symbol === undefined || symbol === listing.symbol) && (venue === undefined || venue === listing.venue);
}
