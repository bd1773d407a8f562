import type { Type } from "avsc";
import { InternalError, type RecordBatch, RecordBatchBuilder, recordStart } from "../base/index.ts";
import { avroType } from "./avro-type.ts";
import { BAR_INTERVAL_US, type Bar, type BarCause, type BarInterval } from "./bar.ts";
import type { Gap } from "./gap.ts";
import type { Listing } from "./listing.ts";
import { checkRecordVersion } from "./record-version.ts";
import type { Refusal, RefusalReason, RefusalStage } from "./refusal.ts";
import type { EventSchema } from "./schema-fields.ts";
import { BAR_SCHEMA, GAP_SCHEMA, LISTING_SCHEMA, REFUSAL_SCHEMA } from "./schemas.ts";
import { SOURCES, type Source } from "./trade.ts";

/*
 * Bars, gaps, refusals and listings in the embedded event log: one version byte, then Avro binary by the
 * schema of schemas.ts. (Trades, a thousand times as many, have a fixed layout: trade-record.ts.)
 */
const VERSION = 1;

/** What of a record differs from one event to the next: its schema, and its fields by their Avro names. */
export interface EventCodec<Value, Fields> {
  readonly type: Type;
  readonly name: string;
  toFields(value: Value): Fields;
  fromFields(fields: Fields): Value;
}

export function codec<Value, Fields>(
  schema: EventSchema,
  mapping: Pick<EventCodec<Value, Fields>, "toFields" | "fromFields">,
): EventCodec<Value, Fields> {
  let type: Type | undefined;
  return {
    ...mapping,
    name: schema.name,
    get type(): Type {
      type ??= avroType(schema);
      return type;
    },
  };
}

export function encode<Value, Fields>(
  { type, name, toFields }: EventCodec<Value, Fields>,
  values: readonly Value[],
): RecordBatch {
  const builder = new RecordBatchBuilder(Math.max(256, values.length * 160));
  for (const value of values) {
    const body = toBuffer(type, name, toFields(value));
    const at = builder.reserve(1 + body.length);
    builder.view.setUint8(at, VERSION);
    builder.bytes.set(body, at + 1);
    builder.finish(at + 1 + body.length);
  }
  return builder.take();
}

function toBuffer(type: Type, name: string, fields: unknown): Buffer {
  try {
    return type.toBuffer(fields);
  } catch (error) {
    throw new InternalError(`A ${name} reached the event log that its schema cannot hold`, { cause: error });
  }
}

export function decode<Value, Fields>(
  { type, name, fromFields }: EventCodec<Value, Fields>,
  batch: RecordBatch,
  from: number,
): Value[] {
  const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
  const what = `A ${name} record`;
  const values: Value[] = [];
  for (let index = from; index < batch.count; index += 1) {
    const at = recordStart(batch, index);
    checkRecordVersion(what, bytes[at], VERSION);
    const { value, offset } = type.decode(bytes, at + 1) as { readonly value: Fields; readonly offset: number };
    if (offset !== batch.ends[index]) {
      throw new InternalError(
        `${what} of ${(batch.ends[index] ?? at) - at} bytes is not one value of its schema; the log or its reader is broken`,
      );
    }
    values.push(fromFields(value));
  }
  return values;
}

export function sourceName(source: number): string {
  return SOURCES[source] ?? `source ${source}`;
}

export function sourceIndex(name: string): number {
  return SOURCES.indexOf(name as Source);
}

interface BarFields {
  readonly listing: number;
  readonly interval: string;
  readonly start: number;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
  readonly quote_volume: bigint;
  readonly buy_volume: bigint;
  readonly sell_volume: bigint;
  readonly trades: number;
  readonly first_ts: number;
  readonly first_nanos: number;
  readonly first_sequence: bigint;
  readonly first_index: number;
  readonly last_ts: number;
  readonly last_nanos: number;
  readonly last_sequence: bigint;
  readonly last_index: number;
  readonly revision: number;
  readonly known_at: number;
  readonly cause: string;
  readonly source: string;
}

const bars = codec<Bar, BarFields>(BAR_SCHEMA, {
  toFields(bar) {
    if (!bar.complete) {
      throw new InternalError(
        `The bar ${bar.interval} from ${bar.startUs} µs of listing ${bar.listing} is not complete; only closed bars are kept`,
      );
    }
    return {
      listing: bar.listing,
      interval: bar.interval,
      start: bar.startUs,
      open: bar.open,
      high: bar.high,
      low: bar.low,
      close: bar.close,
      volume: bar.volume,
      quote_volume: bar.quoteVolume,
      buy_volume: bar.buyVolume,
      sell_volume: bar.sellVolume,
      trades: bar.trades,
      first_ts: bar.first.timeUs,
      first_nanos: bar.first.timeNanos,
      first_sequence: bar.first.sequence,
      first_index: bar.first.frameIndex,
      last_ts: bar.last.timeUs,
      last_nanos: bar.last.timeNanos,
      last_sequence: bar.last.sequence,
      last_index: bar.last.frameIndex,
      revision: bar.revision,
      known_at: bar.knownAtUs,
      cause: bar.cause,
      source: sourceName(bar.source),
    };
  },
  fromFields(fields) {
    if (!(fields.interval in BAR_INTERVAL_US)) {
      throw new InternalError(
        `A Bar record has interval ${JSON.stringify(fields.interval)}, which this K2 does not know`,
      );
    }
    return {
      listing: fields.listing,
      interval: fields.interval as BarInterval,
      startUs: fields.start,
      open: fields.open,
      high: fields.high,
      low: fields.low,
      close: fields.close,
      volume: fields.volume,
      quoteVolume: fields.quote_volume,
      buyVolume: fields.buy_volume,
      sellVolume: fields.sell_volume,
      trades: fields.trades,
      first: {
        timeUs: fields.first_ts,
        timeNanos: fields.first_nanos,
        sequence: fields.first_sequence,
        frameIndex: fields.first_index,
      },
      last: {
        timeUs: fields.last_ts,
        timeNanos: fields.last_nanos,
        sequence: fields.last_sequence,
        frameIndex: fields.last_index,
      },
      revision: fields.revision,
      knownAtUs: fields.known_at,
      cause: fields.cause as BarCause,
      complete: true,
      source: sourceIndex(fields.source),
    };
  },
});

interface GapFields {
  readonly gap_id: string;
  readonly venue: string;
  readonly feed: string;
  readonly connection: string;
  readonly epoch: number;
  readonly raw_symbols: readonly string[];
  readonly cause: string;
  readonly state: string;
  readonly from_ts: number;
  readonly to_ts: number | null;
  readonly detail: string;
  readonly resolution: string | null;
  readonly source: string;
}

const gaps = codec<Gap, GapFields>(GAP_SCHEMA, {
  toFields: (gap) => ({
    gap_id: gap.gapId,
    venue: gap.venue,
    feed: gap.feed,
    connection: gap.connection,
    epoch: gap.epoch,
    raw_symbols: gap.rawSymbols,
    cause: gap.cause,
    state: gap.state,
    from_ts: gap.fromUs,
    to_ts: gap.toUs ?? null,
    detail: gap.detail,
    resolution: gap.resolution ?? null,
    source: sourceName(gap.source),
  }),
  fromFields: (fields) => ({
    gapId: fields.gap_id,
    venue: fields.venue,
    feed: fields.feed,
    connection: fields.connection,
    epoch: fields.epoch,
    rawSymbols: fields.raw_symbols,
    cause: fields.cause as Gap["cause"],
    state: fields.state as Gap["state"],
    fromUs: fields.from_ts,
    toUs: fields.to_ts ?? undefined,
    detail: fields.detail,
    resolution: (fields.resolution as Gap["resolution"] | null) ?? undefined,
    source: sourceIndex(fields.source),
  }),
});

interface RefusalFields {
  readonly stage: string;
  readonly reason: string;
  readonly detail: string;
  readonly feed: string;
  readonly raw_symbol: string | null;
  readonly frame_index: number | null;
  readonly _raw_partition: number;
  readonly _raw_offset: number;
  readonly ts_recv: number;
  readonly payload: Uint8Array;
  readonly source: string;
}

const refusals = codec<Refusal, RefusalFields>(REFUSAL_SCHEMA, {
  toFields: (refusal) => ({
    stage: refusal.stage,
    reason: refusal.reason,
    detail: refusal.detail,
    feed: refusal.feed,
    raw_symbol: refusal.rawSymbol ?? null,
    frame_index: refusal.frameIndex ?? null,
    _raw_partition: refusal.rawPartition,
    _raw_offset: refusal.rawOffset,
    ts_recv: refusal.receiveTimeUs,
    payload: Buffer.from(refusal.payload.buffer, refusal.payload.byteOffset, refusal.payload.byteLength),
    source: sourceName(refusal.source),
  }),
  fromFields: (fields) => ({
    stage: fields.stage as RefusalStage,
    reason: fields.reason as RefusalReason,
    detail: fields.detail,
    feed: fields.feed,
    rawSymbol: fields.raw_symbol ?? undefined,
    frameIndex: fields.frame_index ?? undefined,
    rawPartition: fields._raw_partition,
    rawOffset: fields._raw_offset,
    receiveTimeUs: fields.ts_recv,
    payload: new Uint8Array(fields.payload),
    source: sourceIndex(fields.source),
  }),
});

interface ListingFields {
  readonly index: number;
  readonly venue: string;
  readonly raw_symbol: string;
  readonly symbol: string;
  readonly unit_exponent: number;
}

const listings = codec<Listing, ListingFields>(LISTING_SCHEMA, {
  toFields: (listing) => ({
    index: listing.index,
    venue: listing.venue,
    raw_symbol: listing.rawSymbol,
    symbol: listing.symbol,
    unit_exponent: listing.unitExponent,
  }),
  fromFields: (fields) => ({
    index: fields.index,
    venue: fields.venue,
    rawSymbol: fields.raw_symbol,
    symbol: fields.symbol,
    unitExponent: fields.unit_exponent,
  }),
});

/** One record a bar. @throws {InternalError} when a bar is not complete: such are never kept */
export function encodeBars(values: readonly Bar[]): RecordBatch {
  return encode(bars, values);
}

/** The bars of `batch` from record number `from` on. */
export function decodeBars(batch: RecordBatch, from = 0): Bar[] {
  return decode(bars, batch, from);
}

export function encodeGaps(values: readonly Gap[]): RecordBatch {
  return encode(gaps, values);
}

export function decodeGaps(batch: RecordBatch, from = 0): Gap[] {
  return decode(gaps, batch, from);
}

export function encodeRefusals(values: readonly Refusal[]): RecordBatch {
  return encode(refusals, values);
}

/** The payloads are copies: they may outlive the batch. */
export function decodeRefusals(batch: RecordBatch, from = 0): Refusal[] {
  return decode(refusals, batch, from);
}

export function encodeListings(values: readonly Listing[]): RecordBatch {
  return encode(listings, values);
}

/** Each with the index that its record states; `Listings.add` refuses one that is not its place in the topic. */
export function decodeListings(batch: RecordBatch, from = 0): Listing[] {
  return decode(listings, batch, from);
}
