import { InternalError } from "../base/index.ts";
import { AvroReader } from "./avro-reader.ts";
import { AvroWriter } from "./avro-writer.ts";
import type { Listing, Listings } from "./listing.ts";
import { SOURCES, TAKER_SIDES, TRADE_FLAGS, type TradeFlag, tradeFlagNames } from "./trade.ts";
import { NO_ID_NUMBER, type TradeBatch } from "./trade-batch.ts";

/*
 * A trade by TRADE_SCHEMA (schemas.ts), for readers outside of K2: with its listing spelled out.
 * Hand-written for speed; a test holds the bytes equal to a general encoder's.
 */

const writer = new AvroWriter();
/** Each listing's first three fields, encoded once. */
const listingBytes = new WeakMap<Listing, Uint8Array>();
/** Each set of flags that occurred (at most 128), encoded once. */
const flagBytes = new Map<number, Uint8Array>();

/** One row in Avro binary by TRADE_SCHEMA, without a header. */
export function encodeTradeAvro(trades: TradeBatch, row: number, listings: Listings): Uint8Array {
  const listing = listings.at(trades.listing[row] ?? -1);
  const flags = encodedFlags(trades.flags[row] ?? 0); // These two use the writer: before the row does.
  writer.raw(encodedListing(listing));
  writer.string(trades.tradeId(row));
  writer.decimal(trades.price.high(row), trades.price.low(row));
  writer.decimal(trades.size.high(row), trades.size.low(row));
  writer.integer(10 ** listing.unitExponent);
  writer.integer(trades.side[row] ?? 0);
  writer.integer(trades.eventTimeUs[row] ?? 0);
  writer.integer(trades.eventTimeNanos[row] ?? 0);
  writer.integer(trades.receiveTimeUs[row] ?? 0);
  writer.integer(trades.receiveTimeNanos[row] ?? 0);
  const sequence = trades.sequence.getNumber(row);
  if (Number.isNaN(sequence)) writer.int64(trades.sequence.get(row));
  else writer.integer(sequence);
  writer.integer(trades.frameIndex[row] ?? 0);
  writer.integer(trades.executions[row] ?? 0);
  writer.raw(flags);
  writer.integer(trades.source[row] ?? 0);
  writer.integer(trades.rawPartition[row] ?? 0);
  writer.integer(trades.rawOffset[row] ?? 0);
  return writer.take();
}

/**
 * Appends the trade in `bytes` as a row of `trades`.
 *
 * @throws {InternalError} when the bytes are not one trade, or of a listing that is not known with this unit
 */
export function decodeTradeAvro(bytes: Uint8Array, trades: TradeBatch, listings: Listings): void {
  const reader = new AvroReader(bytes);
  const [venue, symbol, rawSymbol] = [reader.string(), reader.string(), reader.string()];
  const row = trades.nextRow();
  setTradeId(trades, row, reader.string());
  const price = reader.decimal64();
  trades.price.setHalves(row, price.high, price.low);
  const size = reader.decimal64();
  trades.size.setHalves(row, size.high, size.low);
  trades.listing[row] = knownListing(listings, { venue, symbol, rawSymbol, unit: reader.integer() }).index;
  trades.side[row] = indexWithin(TAKER_SIDES, reader.integer(), "side");
  trades.eventTimeUs[row] = reader.integer();
  trades.eventTimeNanos[row] = reader.integer();
  trades.receiveTimeUs[row] = reader.integer();
  trades.receiveTimeNanos[row] = reader.integer();
  trades.sequence.set(row, reader.int64());
  trades.frameIndex[row] = reader.integer();
  trades.executions[row] = reader.integer();
  trades.flags[row] = flagBits(reader.strings());
  trades.source[row] = indexWithin(SOURCES, reader.integer(), "source");
  trades.rawPartition[row] = reader.integer();
  trades.rawOffset[row] = reader.integer();
  if (reader.at !== bytes.byteLength) {
    throw new InternalError(`A trade in Avro has ${bytes.byteLength - reader.at} bytes after its end`);
  }
  trades.length += 1; // Only now: a row that could not be read is not one.
}

function encodedListing(listing: Listing): Uint8Array {
  const known = listingBytes.get(listing);
  if (known !== undefined) return known;
  writer.string(listing.venue);
  writer.string(listing.symbol);
  writer.string(listing.rawSymbol);
  const bytes = writer.take();
  listingBytes.set(listing, bytes);
  return bytes;
}

function encodedFlags(bits: number): Uint8Array {
  const known = flagBytes.get(bits);
  if (known !== undefined) return known;
  const names = tradeFlagNames(bits);
  if (names.length > 0) writer.integer(names.length);
  for (const name of names) writer.string(name);
  writer.integer(0);
  const bytes = writer.take();
  flagBytes.set(bits, bytes);
  return bytes;
}

const NUMERIC_ID = /^(?:0|[1-9]\d{0,18})$/;
const INT64_MAX = 2n ** 63n - 1n;

function setTradeId(trades: TradeBatch, row: number, id: string): void {
  trades.idText[row] = undefined;
  if (id.length <= 15 && NUMERIC_ID.test(id)) {
    trades.idNumber.setNumber(row, Number(id));
  } else if (NUMERIC_ID.test(id) && BigInt(id) <= INT64_MAX) {
    trades.idNumber.set(row, BigInt(id));
  } else {
    trades.idNumber.setNumber(row, NO_ID_NUMBER);
    trades.idText[row] = id;
  }
}

function knownListing(
  listings: Listings,
  seen: { readonly venue: string; readonly symbol: string; readonly rawSymbol: string; readonly unit: number },
): Listing {
  const listing = listings.find(seen.venue, seen.rawSymbol);
  if (listing === undefined || listing.symbol !== seen.symbol || 10 ** listing.unitExponent !== seen.unit) {
    throw new InternalError(
      `A trade in Avro names ${seen.venue} ${seen.rawSymbol} as ${seen.symbol} with unit ${seen.unit}; known is ${
        listing === undefined ? "no such listing" : `${listing.symbol} with unit ${10 ** listing.unitExponent}`
      }. Read market.listings up to its end first`,
    );
  }
  return listing;
}

function indexWithin(names: readonly string[], index: number, field: string): number {
  if (names[index] === undefined)
    throw new InternalError(`A trade in Avro has ${field} ${index}; this K2 knows ${names}`);
  return index;
}

function flagBits(names: readonly string[]): number {
  let bits = 0;
  for (const name of names) {
    if (!(name in TRADE_FLAGS)) {
      throw new InternalError(`A trade in Avro has the flag ${JSON.stringify(name)}, which this K2 does not know`);
    }
    bits |= TRADE_FLAGS[name as TradeFlag];
  }
  return bits;
}
