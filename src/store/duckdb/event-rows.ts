import {
  type DuckDBAppender,
  DuckDBBlobValue,
  DuckDBDataChunk,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";
import {
  type Bar,
  decodeBars,
  decodeGaps,
  decodeListings,
  decodeQuality,
  decodeQuoteMinutes,
  decodeRefusals,
  decodeVenueData,
  type Gap,
  type Listing,
  type Refusal,
  SOURCES,
  TOPICS,
} from "../../domain/index.ts";
import type { AppendRequest, AppendResult } from "./protocol.ts";
import { qualityValues } from "./quality-row.ts";
import { quoteQualityValues } from "./quote-quality-row.ts";
import { venueDataKindOf, venueDataTimeUs, venueDataValues } from "./venue-data-row.ts";

const CHUNK_ROWS = 2048;

interface Row {
  readonly values: readonly DuckDBValue[];
  /** -1 where the row has none. */
  readonly listing: number;
  readonly timeUs: number;
}

/** Decodes bars, gaps, refusals, listings or what venues publish beside trades, and appends a row for each: far fewer than trades. */
export function appendEvents(
  request: AppendRequest,
  appender: DuckDBAppender,
  types: readonly DuckDBType[],
): AppendResult {
  const rows = decodeRows(request);
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const chunk = DuckDBDataChunk.create(types);
    chunk.setRows(rows.slice(from, from + CHUNK_ROWS).map((row) => row.values));
    appender.appendDataChunk(chunk);
  }
  const times = rows.map((row) => row.timeUs);
  return {
    rows: rows.length,
    listingMax: rows.reduce((max, row) => Math.max(max, row.listing), -1),
    timeMinUs: times.reduce((min, time) => Math.min(min, time), Number.POSITIVE_INFINITY),
    timeMaxUs: times.reduce((max, time) => Math.max(max, time), Number.NEGATIVE_INFINITY),
  };
}

function decodeRows(request: AppendRequest): readonly Row[] {
  const { partition, firstOffset } = request;
  const position = (index: number): readonly DuckDBValue[] => [partition, BigInt(firstOffset + index)];
  switch (request.topic) {
    case TOPICS.bars:
      return decodeBars(request).map((bar, index) => barRow(bar, position(index)));
    case TOPICS.gaps:
      return decodeGaps(request).map((gap, index) => gapRow(gap, position(index)));
    case TOPICS.quality:
      return decodeQuality(request).map((minute, index) => ({
        values: qualityValues(minute, position(index)),
        listing: minute.listing,
        timeUs: minute.startUs,
      }));
    case TOPICS.quoteQuality:
      return decodeQuoteMinutes(request).map((minute, index) => ({
        values: quoteQualityValues(minute, position(index)),
        listing: minute.listing,
        timeUs: minute.startUs,
      }));
    case TOPICS.quarantine:
      return decodeRefusals(request).map((refusal, index) => refusalRow(refusal, position(index)));
    case TOPICS.listings:
      return decodeListings(request).map(listingRow);
    default:
      return venueDataRows(request, position);
  }
}

function venueDataRows(request: AppendRequest, position: (index: number) => readonly DuckDBValue[]): readonly Row[] {
  const kind = venueDataKindOf(request.topic);
  if (kind === undefined) throw new Error(`The store does not know what the records of ${request.topic} are`);
  return decodeVenueData(kind, request).map((row, index) => ({
    values: venueDataValues(kind, row, position(index)),
    listing: -1,
    timeUs: venueDataTimeUs(kind, row),
  }));
}

/** In the order of BARS_LAYOUT.columns. */
function barRow(bar: Bar, position: readonly DuckDBValue[]): Row {
  const values = [
    bar.listing,
    bar.interval,
    time(bar.startUs),
    decimal(bar.open, 18, 8),
    decimal(bar.high, 18, 8),
    decimal(bar.low, 18, 8),
    decimal(bar.close, 18, 8),
    decimal(bar.volume, 38, 8),
    decimal(bar.quoteVolume, 38, 16),
    decimal(bar.buyVolume, 38, 8),
    decimal(bar.sellVolume, 38, 8),
    BigInt(bar.trades),
    time(bar.first.timeUs),
    bar.first.timeNanos,
    bar.first.sequence,
    bar.first.frameIndex,
    time(bar.last.timeUs),
    bar.last.timeNanos,
    bar.last.sequence,
    bar.last.frameIndex,
    bar.revision,
    time(bar.knownAtUs),
    bar.cause,
    sourceName(bar.source),
    ...position,
  ];
  return { values, listing: bar.listing, timeUs: bar.startUs };
}

/** In the order of GAPS_LAYOUT.columns. */
function gapRow(gap: Gap, position: readonly DuckDBValue[]): Row {
  const values = [
    gap.gapId,
    gap.venue,
    gap.feed,
    gap.connection,
    BigInt(gap.epoch),
    gap.rawSymbols.join(","),
    gap.cause,
    gap.state,
    time(gap.fromUs),
    gap.toUs === undefined ? null : time(gap.toUs),
    gap.detail,
    gap.resolution ?? null,
    sourceName(gap.source),
    ...position,
  ];
  return { values, listing: -1, timeUs: gap.fromUs };
}

/** In the order of QUARANTINE_LAYOUT.columns. */
function refusalRow(refusal: Refusal, position: readonly DuckDBValue[]): Row {
  const values = [
    refusal.feed,
    refusal.stage,
    refusal.reason,
    refusal.detail,
    refusal.rawSymbol ?? null,
    refusal.frameIndex ?? null,
    time(refusal.receiveTimeUs),
    new DuckDBBlobValue(refusal.payload),
    refusal.rawPartition,
    BigInt(refusal.rawOffset),
    sourceName(refusal.source),
    ...position,
  ];
  return { values, listing: -1, timeUs: refusal.receiveTimeUs };
}

function listingRow(listing: Listing): Row {
  const unit = 10n ** BigInt(listing.unitExponent);
  return {
    values: [listing.index, listing.venue, listing.symbol, listing.rawSymbol, unit],
    listing: -1,
    timeUs: 0,
  };
}

function time(microseconds: number): DuckDBTimestampTZValue {
  return new DuckDBTimestampTZValue(BigInt(microseconds));
}

function decimal(mantissa: bigint, width: number, scale: number): DuckDBDecimalValue {
  return new DuckDBDecimalValue(mantissa, width, scale);
}

function sourceName(source: number): string {
  return SOURCES[source] ?? "import";
}
