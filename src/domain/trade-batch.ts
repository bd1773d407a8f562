import { Int64Column } from "./int64-column.ts";
import type { Listings } from "./listing.ts";
import { SOURCES, type Source, TAKER_SIDES, type Trade, tradeFlagNames } from "./trade.ts";
import { naturalPrice, naturalSize } from "./unit.ts";

/** In `idNumber` where the id is not the plain decimal text of a non-negative int64; then `idText` has it. */
export const NO_ID_NUMBER = -1;

/**
 * Trades by column: the form in which they cross the pipeline, without an object a trade.
 *
 * Times are whole microseconds since the Unix epoch in doubles (exact until the year 2255) and the
 * nanoseconds beyond them (0 to 999). Prices and sizes are stored mantissas, see unit.ts.
 * Rows `0` to `length - 1` are valid; columns have room for `capacity`.
 */
export class TradeBatch {
  length = 0;
  capacity: number;
  /** Listing.index. */
  listing: Uint32Array;
  readonly price: Int64Column;
  readonly size: Int64Column;
  /** Index into TAKER_SIDES. */
  side: Uint8Array;
  eventTimeUs: Float64Array;
  eventTimeNanos: Uint16Array;
  receiveTimeUs: Float64Array;
  receiveTimeNanos: Uint16Array;
  /** The trade id where it is a number, else NO_ID_NUMBER. */
  readonly idNumber: Int64Column;
  /** The trade id where it is not a number; undefined otherwise. */
  idText: (string | undefined)[];
  /** The venue's order within a listing, see Trade.sequence. */
  readonly sequence: Int64Column;
  frameIndex: Uint16Array;
  executions: Uint32Array;
  /** Bits of TRADE_FLAGS. */
  flags: Uint16Array;
  /** Index into SOURCES. */
  source: Uint8Array;
  /** Which partition of the feed's raw topic the frame stands in, and where. */
  rawPartition: Uint16Array;
  rawOffset: Float64Array;

  constructor(capacity = 1024) {
    this.capacity = capacity;
    this.listing = new Uint32Array(capacity);
    this.price = new Int64Column(capacity);
    this.size = new Int64Column(capacity);
    this.side = new Uint8Array(capacity);
    this.eventTimeUs = new Float64Array(capacity);
    this.eventTimeNanos = new Uint16Array(capacity);
    this.receiveTimeUs = new Float64Array(capacity);
    this.receiveTimeNanos = new Uint16Array(capacity);
    this.idNumber = new Int64Column(capacity);
    this.idText = new Array<string | undefined>(capacity).fill(undefined);
    this.sequence = new Int64Column(capacity);
    this.frameIndex = new Uint16Array(capacity);
    this.executions = new Uint32Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.source = new Uint8Array(capacity);
    this.rawPartition = new Uint16Array(capacity);
    this.rawOffset = new Float64Array(capacity);
  }

  /** Makes room for one more row and returns its number; the caller sets every column, then counts it with `length += 1`. */
  nextRow(): number {
    if (this.length === this.capacity) this.#grow(Math.max(16, this.capacity * 2));
    return this.length;
  }

  /** Forgets all rows and keeps the memory. */
  clear(): void {
    this.length = 0;
  }

  tradeId(row: number): string {
    return this.idText[row] ?? this.idNumber.get(row).toString();
  }

  /** Copies row `from` of another batch to the end of this one. */
  pushRow(other: TradeBatch, from: number): void {
    const row = this.nextRow();
    this.listing[row] = other.listing[from] ?? 0;
    this.price.setHalves(row, other.price.high(from), other.price.low(from));
    this.size.setHalves(row, other.size.high(from), other.size.low(from));
    this.side[row] = other.side[from] ?? 0;
    this.eventTimeUs[row] = other.eventTimeUs[from] ?? 0;
    this.eventTimeNanos[row] = other.eventTimeNanos[from] ?? 0;
    this.receiveTimeUs[row] = other.receiveTimeUs[from] ?? 0;
    this.receiveTimeNanos[row] = other.receiveTimeNanos[from] ?? 0;
    this.idNumber.setHalves(row, other.idNumber.high(from), other.idNumber.low(from));
    this.idText[row] = other.idText[from];
    this.sequence.setHalves(row, other.sequence.high(from), other.sequence.low(from));
    this.frameIndex[row] = other.frameIndex[from] ?? 0;
    this.executions[row] = other.executions[from] ?? 0;
    this.flags[row] = other.flags[from] ?? 0;
    this.source[row] = other.source[from] ?? 0;
    this.rawPartition[row] = other.rawPartition[from] ?? 0;
    this.rawOffset[row] = other.rawOffset[from] ?? 0;
    this.length += 1;
  }

  /** One row as a readable object; for edges and tests, not for the hot path. */
  trade(row: number, listings: Listings): Trade {
    const listing = listings.at(this.listing[row] ?? -1);
    return {
      venue: listing.venue,
      rawSymbol: listing.rawSymbol,
      symbol: listing.symbol,
      tradeId: this.tradeId(row),
      price: naturalPrice(this.price.get(row), listing.unitExponent),
      size: naturalSize(this.size.get(row), listing.unitExponent),
      takerSide: TAKER_SIDES[this.side[row] ?? 0] ?? "unknown",
      eventTimeNs: BigInt(this.eventTimeUs[row] ?? 0) * 1000n + BigInt(this.eventTimeNanos[row] ?? 0),
      receiveTimeNs: BigInt(this.receiveTimeUs[row] ?? 0) * 1000n + BigInt(this.receiveTimeNanos[row] ?? 0),
      sequence: this.sequence.get(row),
      frameIndex: this.frameIndex[row] ?? 0,
      executions: this.executions[row] ?? 0,
      flags: tradeFlagNames(this.flags[row] ?? 0),
      source: SOURCES[this.source[row] ?? 0] as Source,
    };
  }

  #grow(capacity: number): void {
    this.capacity = capacity;
    this.listing = grown(this.listing, new Uint32Array(capacity));
    this.price.grow(capacity);
    this.size.grow(capacity);
    this.side = grown(this.side, new Uint8Array(capacity));
    this.eventTimeUs = grown(this.eventTimeUs, new Float64Array(capacity));
    this.eventTimeNanos = grown(this.eventTimeNanos, new Uint16Array(capacity));
    this.receiveTimeUs = grown(this.receiveTimeUs, new Float64Array(capacity));
    this.receiveTimeNanos = grown(this.receiveTimeNanos, new Uint16Array(capacity));
    this.idNumber.grow(capacity);
    this.idText.length = capacity;
    this.sequence.grow(capacity);
    this.frameIndex = grown(this.frameIndex, new Uint16Array(capacity));
    this.executions = grown(this.executions, new Uint32Array(capacity));
    this.flags = grown(this.flags, new Uint16Array(capacity));
    this.source = grown(this.source, new Uint8Array(capacity));
    this.rawPartition = grown(this.rawPartition, new Uint16Array(capacity));
    this.rawOffset = grown(this.rawOffset, new Float64Array(capacity));
  }
}

function grown<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
