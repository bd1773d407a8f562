import { chooseUnitExponent, type DecodedListing, parseDecimal } from "../../domain/index.ts";
import type { ListingDesk } from "../listing-book.ts";
import type { ListedInstrument } from "../ports.ts";

/**
 * The listing of a symbol that no trade has named yet: the level's own numbers choose its unit.
 *
 * @returns undefined when they cannot: a later message does
 */
export function takeListing(
  desk: ListingDesk,
  { venue, rawSymbol, symbol, unitExponent }: ListedInstrument & { readonly rawSymbol: string },
  level: { readonly price: string; readonly size: string },
): DecodedListing | undefined {
  const exponent = unitExponent ?? unitOf(level);
  return exponent === undefined ? undefined : desk.take({ venue, rawSymbol, symbol, unitExponent: exponent });
}

/** A size of zero says how it is printed, as any other does. */
function unitOf({ price, size }: { readonly price: string; readonly size: string }): number | undefined {
  try {
    const [naturalPrice, naturalSize] = [parseDecimal(price), parseDecimal(size)];
    if (naturalPrice.mantissa <= 0n || naturalSize.mantissa < 0n) return undefined;
    return chooseUnitExponent(naturalPrice, naturalSize);
  } catch {
    return undefined;
  }
}
