import { InternalError } from "../base/index.ts";
import { parseInstant, type VenueDataKind } from "../domain/index.ts";
import type { AsOf, BarsRequest, BookRequest, RangeRequest, TradesRequest, VenueDataRequest } from "../query/index.ts";
import { InvalidRequestError } from "./errors.ts";
import type { BarsQuery, BookQuery, CandlesQuery, RangeQuery } from "./schemas/queries.ts";

/*
 * The question that a query string asks; the one place that knows. The text has passed its schema: each parameter is of
 * its format.
 */

/** @throws {InvalidRequestError} when the range ends before it begins */
export function tradesRequest(query: RangeQuery): TradesRequest {
  return rangeRequest(query);
}

/** @throws {InvalidRequestError} when the range ends before it begins */
export function barsRequest(query: BarsQuery): BarsRequest {
  const { interval, open, fill } = query;
  // The lake never has an open bar.
  return { ...rangeRequest(query), interval, includeOpen: open && query.as_of === undefined, fill };
}

/** @throws {InvalidRequestError} when the range ends before it begins */
export function qualityRequest(query: RangeQuery): RangeRequest {
  return rangeRequest(query);
}

export function bookRequest({ symbol, venue, at, depth }: BookQuery): BookRequest {
  return { symbol, venue, atUs: timeUs(at), depth };
}

/** @throws {InvalidRequestError} when the range ends before it begins */
export function venueDataRequest(kind: VenueDataKind, query: RangeQuery | CandlesQuery): VenueDataRequest {
  const interval = "interval" in query ? query.interval : undefined;
  return { ...rangeRequest(query), kind, interval };
}

function rangeRequest(query: RangeQuery): RangeRequest {
  const order = query.order ?? (query.start === undefined ? "desc" : "asc");
  const [startUs, endUs] = [timeUs(query.start), timeUs(query.end)];
  if (startUs !== undefined && endUs !== undefined && endUs < startUs) {
    const detail = `end is before start: ${query.end} is before ${query.start}. Swap them, or leave one out`;
    throw new InvalidRequestError([{ name: "end", detail }]);
  }
  return {
    symbols: split(query.symbol),
    venues: split(query.venue),
    startUs,
    endUs,
    order: order === "asc" ? "ascending" : "descending",
    limit: query.limit,
    cursor: query.cursor,
    asOf: asOf(query.as_of),
  };
}

function split(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [...new Set(text.split(","))];
}

function timeUs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const instant = parseInstant(text);
  if (instant === undefined) throw new InternalError(`${JSON.stringify(text)} was taken for a time`);
  return instant.us; // Cut to the microsecond: of a bound nothing is lost, and the last snapshot at a time is the same.
}

/** Digits alone are a snapshot id. */
function asOf(text: string | undefined): AsOf | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? { snapshotId: BigInt(text) } : { timeUs: timeUs(text) ?? 0 };
}
