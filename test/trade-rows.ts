import fc from "fast-check";
import {
  Listings,
  NO_ID_NUMBER,
  SOURCES,
  STORED_MANTISSA_LIMIT,
  TAKER_SIDES,
  TradeBatch,
} from "../src/domain/index.ts";

/* Random rows over the whole range of every column, for the tests of what carries them. */

/** Three listings, of ordinary and extreme units. */
export function someListings(): Listings {
  const listings = new Listings();
  listings.add({ index: 0, venue: "binance", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-SPOT", unitExponent: 0 });
  listings.add({ index: 1, venue: "kraken", rawSymbol: "BTC/USD", symbol: "BTC-USD-SPOT", unitExponent: 6 });
  listings.add({ index: 2, venue: "bybit", rawSymbol: "ÜBER€\u{1f680}", symbol: "UBER-EUR-SPOT", unitExponent: 12 });
  return listings;
}

export interface TradeRow {
  readonly listing: number;
  readonly price: bigint;
  readonly size: bigint;
  readonly side: number;
  readonly eventTimeUs: number;
  readonly eventTimeNanos: number;
  readonly receiveTimeUs: number;
  readonly receiveTimeNanos: number;
  /** A number's id, or the text of another. */
  readonly id: bigint | string;
  readonly sequence: bigint;
  readonly frameIndex: number;
  readonly executions: number;
  readonly flags: number;
  readonly source: number;
  readonly rawPartition: number;
  readonly rawOffset: number;
}

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 127n, 128n, -128n, -129n),
);
const mantissa = fc.oneof(
  fc.bigInt({ min: -STORED_MANTISSA_LIMIT + 1n, max: STORED_MANTISSA_LIMIT - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(2n ** 53n, STORED_MANTISSA_LIMIT - 1n, 1n - STORED_MANTISSA_LIMIT, 127n, 128n, -128n, -129n),
);
const uint16 = fc.nat(65_535);
const timeUs = fc.integer({ min: -1, max: 9_000_000_000_000_000 });
const nanos = fc.nat(999);

export const tradeRow: fc.Arbitrary<TradeRow> = fc.record({
  listing: fc.nat(2),
  price: mantissa,
  size: mantissa,
  side: fc.nat(TAKER_SIDES.length - 1),
  eventTimeUs: timeUs,
  eventTimeNanos: nanos,
  receiveTimeUs: timeUs,
  receiveTimeNanos: nanos,
  id: fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    fc.constantFrom("00012", "9223372036854775808", "-5", "a2b7-…-\u{1f680}"),
    fc.uuid(),
    fc.string({ minLength: 1, maxLength: 200, unit: "binary" }).filter((text) => !/^(0|[1-9]\d*)$/.test(text)),
  ),
  sequence: int64,
  frameIndex: uint16,
  executions: fc.nat(4_294_967_295),
  flags: fc.nat(127),
  source: fc.nat(SOURCES.length - 1),
  rawPartition: uint16,
  rawOffset: fc.integer({ min: 0, max: 2 ** 53 - 2 }),
});

export function pushTradeRow(trades: TradeBatch, values: TradeRow): void {
  const row = trades.nextRow();
  trades.listing[row] = values.listing;
  trades.price.set(row, values.price);
  trades.size.set(row, values.size);
  trades.side[row] = values.side;
  trades.eventTimeUs[row] = values.eventTimeUs;
  trades.eventTimeNanos[row] = values.eventTimeNanos;
  trades.receiveTimeUs[row] = values.receiveTimeUs;
  trades.receiveTimeNanos[row] = values.receiveTimeNanos;
  trades.idNumber.set(row, typeof values.id === "bigint" ? values.id : BigInt(NO_ID_NUMBER));
  trades.idText[row] = typeof values.id === "bigint" ? undefined : values.id;
  trades.sequence.set(row, values.sequence);
  trades.frameIndex[row] = values.frameIndex;
  trades.executions[row] = values.executions;
  trades.flags[row] = values.flags;
  trades.source[row] = values.source;
  trades.rawPartition[row] = values.rawPartition;
  trades.rawOffset[row] = values.rawOffset;
  trades.length += 1;
}

export function tradeBatchOf(rows: readonly TradeRow[], capacity = 4): TradeBatch {
  const trades = new TradeBatch(capacity);
  for (const row of rows) pushTradeRow(trades, row);
  return trades;
}

/** What the batch's columns hold, read back row by row. */
export function tradeRowsOf(trades: TradeBatch): readonly TradeRow[] {
  return Array.from({ length: trades.length }, (_, row) => ({
    listing: trades.listing[row] ?? Number.NaN,
    price: trades.price.get(row),
    size: trades.size.get(row),
    side: trades.side[row] ?? Number.NaN,
    eventTimeUs: trades.eventTimeUs[row] ?? Number.NaN,
    eventTimeNanos: trades.eventTimeNanos[row] ?? Number.NaN,
    receiveTimeUs: trades.receiveTimeUs[row] ?? Number.NaN,
    receiveTimeNanos: trades.receiveTimeNanos[row] ?? Number.NaN,
    id: trades.idText[row] ?? trades.idNumber.get(row),
    sequence: trades.sequence.get(row),
    frameIndex: trades.frameIndex[row] ?? Number.NaN,
    executions: trades.executions[row] ?? Number.NaN,
    flags: trades.flags[row] ?? Number.NaN,
    source: trades.source[row] ?? Number.NaN,
    rawPartition: trades.rawPartition[row] ?? Number.NaN,
    rawOffset: trades.rawOffset[row] ?? Number.NaN,
  }));
}
