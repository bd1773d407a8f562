import { InvalidInputError } from "../../base/index.ts";
import type { Listing } from "../../domain/index.ts";
import { BookNotFoundError } from "./book-errors.ts";
import type { BookRequest } from "./book-request.ts";

/**
 * The one listing that a request means.
 *
 * @throws {BookNotFoundError} when there is none
 * @throws {InvalidInputError} when several venues list the symbol
 */
export function listingOf({ symbol, venue }: BookRequest, listings: readonly Listing[]): Listing {
  const found = listings.filter((one) => one.symbol === symbol && (venue === undefined || one.venue === venue));
  const [only, ...others] = found;
  if (only === undefined) {
    throw new BookNotFoundError(
      `No listing ${symbol}${venue === undefined ? "" : ` at ${venue}`} has been seen here. /v1/instruments, or SELECT * FROM listings, has those that have`,
    );
  }
  if (others.length > 0)
    throw new InvalidInputError(
      `${symbol} is listed at ${found.map((one) => one.venue).join(", ")}: say which venue's book is meant`,
    );
  return only;
}
