import { InvalidInputError } from "../base/index.ts";
import type { SourceFilter } from "./lake-source.ts";
import type { TimeWindow } from "./narrowing.ts";
import type { RangeRequest } from "./query.ts";

/** @throws {InvalidInputError} when the limit or a time is no whole number in its range */
export function checkRange({ limit, startUs, endUs }: RangeRequest): void {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new InvalidInputError(`limit is ${limit}; ask for 1 row or more`);
  for (const [name, timeUs] of [
    ["start", startUs],
    ["end", endUs],
  ] as const) {
    if (timeUs !== undefined && !Number.isSafeInteger(timeUs))
      throw new InvalidInputError(`${name} is ${timeUs}; give whole microseconds since the Unix epoch`);
  }
}

/** The request's symbols and venues; empty ones mean all. */
export function filterOf({ symbols, venues }: RangeRequest): Pick<SourceFilter, "symbols" | "venues"> {
  return {
    symbols: symbols === undefined || symbols.length === 0 ? undefined : symbols,
    venues: venues === undefined || venues.length === 0 ? undefined : venues,
  };
}

/** The request's range, cut to what lies at or after the cursor's time in the request's order. */
export function windowOf({ startUs, endUs, order }: RangeRequest, cursorUs: number | undefined): TimeWindow {
  if (cursorUs === undefined) return { startUs, endUs };
  return order === "ascending"
    ? { startUs: Math.max(startUs ?? cursorUs, cursorUs), endUs }
    : { startUs, endUs: Math.min(endUs ?? cursorUs + 1, cursorUs + 1) };
}
