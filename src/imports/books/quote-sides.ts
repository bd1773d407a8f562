import { ASK, BID, type BookLevels } from "../../domain/index.ts";

/** One side of a quote: the halves of its stored price and size. */
export type QuoteSide = readonly [priceLow: number, priceHigh: number, sizeLow: number, sizeHigh: number];

/**
 * Adds to the levels of a row the side that it does not name, as the rows before left it.
 *
 * @param sides bid and ask as they were left, null where nothing was said yet; those that the row names are set
 */
export function completeSides(sides: (QuoteSide | null)[], levels: BookLevels): void {
  const named = levels.length;
  for (let row = 0; row < named; row += 1) {
    const { price, size } = levels;
    sides[levels.side[row] ?? BID] = [price.low(row), price.high(row), size.low(row), size.high(row)];
  }
  for (const side of [BID, ASK]) {
    const kept = sides[side];
    if (kept === undefined || kept === null || isNamed(levels, named, side)) continue;
    const [priceLow, priceHigh, sizeLow, sizeHigh] = kept;
    const row = levels.nextRow();
    levels.price.setHalves(row, priceHigh, priceLow);
    levels.size.setHalves(row, sizeHigh, sizeLow);
    levels.side[row] = side;
    levels.length = row + 1;
  }
}

function isNamed(levels: BookLevels, count: number, side: number): boolean {
  for (let row = 0; row < count; row += 1) if (levels.side[row] === side) return true;
  return false;
}
