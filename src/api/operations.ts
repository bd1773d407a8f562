import { InvalidInputError } from "../base/index.ts";
import { parseInstant } from "../domain/index.ts";
import type { AsOf, BarsRequest, RangeRequest, TradesRequest } from "../query/index.ts";
import type { BarsQuery, RangeQuery } from "./schemas.ts";

/** The request that a query string asks for; shared by every spelling of the API. */
export function tradesRequest(query: RangeQuery): TradesRequest {
  return rangeRequest(query);
}

export function barsRequest(query: BarsQuery): BarsRequest {
  const { interval, open, fill } = query;
  return { ...rangeRequest(query), interval, includeOpen: open && query.as_of === undefined, fill };
}

function rangeRequest(query: RangeQuery): RangeRequest {
  const order = query.order ?? (query.start === undefined ? "desc" : "asc");
  return {
    symbols: split(query.symbol),
    venues: split(query.venue),
    startUs: timeUs("start", query.start),
    endUs: timeUs("end", query.end),
    order: order === "asc" ? "ascending" : "descending",
    limit: query.limit,
    cursor: query.cursor,
    asOf: asOf(query.as_of),
  };
}

function split(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(",").filter((part) => part !== "");
}

function timeUs(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const instant = parseInstant(text);
  if (instant === undefined) {
    throw new InvalidInputError(
      `${name} is not a time: ${JSON.stringify(text)}. Write ISO 8601 (2026-11-21T08:30:00Z) or a Unix time in seconds, ms, µs or ns`,
    );
  }
  // A bound between two microseconds: rows at the microsecond before are not inside.
  return instant.nanos === 0 ? instant.us : instant.us + 1;
}

/** A time is one that parseInstant reads; any other whole number is a snapshot id. */
function asOf(text: string | undefined): AsOf | undefined {
  if (text === undefined) return undefined;
  if (/[-:]/.test(text)) return { timeUs: timeUs("as_of", text) ?? 0 };
  if (/^\d{1,19}$/.test(text)) return { snapshotId: BigInt(text) };
  throw new InvalidInputError(`as_of is neither a snapshot id nor an ISO 8601 time: ${JSON.stringify(text)}`);
}
