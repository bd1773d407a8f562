import type { RecordBatch } from "../base/index.ts";
import { codec, decode, encode, sourceIndex, sourceName } from "./event-records.ts";
import type { MetVenue, QuoteMinute, QuoteMinuteFlag } from "./quote-minute.ts";
import { QUOTE_QUALITY_SCHEMA } from "./quote-minute-schema.ts";

interface QuoteMinuteFields {
  readonly listing: number;
  readonly start: number;
  readonly changes: number;
  readonly quoted_us: number;
  readonly own_crossed_us: number;
  readonly compared_us: number;
  readonly locked_us: number;
  readonly crossed_us: number;
  readonly spread_min_ppb: number | null;
  readonly spread_mean_ppb: number | null;
  readonly spread_max_ppb: number | null;
  readonly locked_with: string | null;
  readonly crossed_with: string | null;
  readonly crossed_max_ppb: number | null;
  readonly flags: readonly string[];
  readonly source: string;
}

const minutes = codec<QuoteMinute, QuoteMinuteFields>(QUOTE_QUALITY_SCHEMA, {
  toFields: (minute) => ({
    listing: minute.listing,
    start: minute.startUs,
    changes: minute.changes,
    quoted_us: minute.quotedUs,
    own_crossed_us: minute.ownCrossedUs,
    compared_us: minute.comparedUs,
    locked_us: minute.locked?.us ?? 0,
    crossed_us: minute.crossed?.us ?? 0,
    spread_min_ppb: minute.spread?.minPpb ?? null,
    spread_mean_ppb: minute.spread?.meanPpb ?? null,
    spread_max_ppb: minute.spread?.maxPpb ?? null,
    locked_with: minute.locked?.venue ?? null,
    crossed_with: minute.crossed?.venue ?? null,
    crossed_max_ppb: minute.crossedMaxPpb ?? null,
    flags: minute.flags,
    source: sourceName(minute.source),
  }),
  fromFields: (fields) => ({
    listing: fields.listing,
    startUs: fields.start,
    changes: fields.changes,
    quotedUs: fields.quoted_us,
    ownCrossedUs: fields.own_crossed_us,
    comparedUs: fields.compared_us,
    spread:
      fields.spread_min_ppb === null
        ? undefined
        : {
            minPpb: fields.spread_min_ppb,
            meanPpb: fields.spread_mean_ppb ?? 0,
            maxPpb: fields.spread_max_ppb ?? 0,
          },
    locked: met(fields.locked_with, fields.locked_us),
    crossed: met(fields.crossed_with, fields.crossed_us),
    crossedMaxPpb: fields.crossed_max_ppb ?? undefined,
    flags: fields.flags as readonly QuoteMinuteFlag[],
    source: sourceIndex(fields.source),
  }),
});

function met(venue: string | null, us: number): MetVenue | undefined {
  return venue === null ? undefined : { venue, us };
}

export function encodeQuoteMinutes(values: readonly QuoteMinute[]): RecordBatch {
  return encode(minutes, values);
}

/** The minutes of `batch` from record number `from` on. */
export function decodeQuoteMinutes(batch: RecordBatch, from = 0): QuoteMinute[] {
  return decode(minutes, batch, from);
}
