import fc from "fast-check";
import { expect, test } from "vitest";
import { someListings, type TradeRow, tradeBatchOf, tradeRow, tradeRowsOf } from "../../test/trade-rows.ts";
import { InternalError } from "../base/index.ts";
import { avroType } from "./avro-type.ts";
import {
  decodeTradeAvro,
  encodeTradeAvro,
  Listings,
  SOURCES,
  TAKER_SIDES,
  TRADE_SCHEMA,
  TradeBatch,
  tradeFlagNames,
} from "./index.ts";

const type = avroType(TRADE_SCHEMA);
const listings = someListings();

/** A row as a general Avro library takes it. */
function fieldsOf(row: TradeRow): object {
  const { venue, symbol, rawSymbol, unitExponent } = listings.at(row.listing);
  return {
    venue,
    symbol,
    raw_symbol: rawSymbol,
    trade_id: String(row.id),
    price: row.price,
    size: row.size,
    unit: 10 ** unitExponent,
    side: TAKER_SIDES[row.side],
    ts_event: row.eventTimeUs,
    ts_event_nanos: row.eventTimeNanos,
    ts_recv: row.receiveTimeUs,
    ts_recv_nanos: row.receiveTimeNanos,
    sequence: row.sequence,
    frame_index: row.frameIndex,
    executions: row.executions,
    flags: [...tradeFlagNames(row.flags)],
    source: SOURCES[row.source],
    _raw_partition: row.rawPartition,
    _raw_offset: row.rawOffset,
  };
}

test("a trade's bytes are those of a general Avro library, over the whole range of every column", () => {
  fc.assert(
    fc.property(tradeRow, (row) => {
      const bytes = encodeTradeAvro(tradeBatchOf([row]), 0, listings);
      expect(Buffer.from(bytes).toString("hex")).toBe(type.toBuffer(fieldsOf(row)).toString("hex"));
    }),
    { numRuns: 500 },
  );
});

test("trades written and read are equal in every column", () => {
  fc.assert(
    fc.property(fc.array(tradeRow, { maxLength: 10 }), (rows) => {
      const trades = tradeBatchOf(rows);
      const read = new TradeBatch(1);
      for (let row = 0; row < rows.length; row += 1)
        decodeTradeAvro(encodeTradeAvro(trades, row, listings), read, listings);
      expect(tradeRowsOf(read)).toEqual(rows);
    }),
  );
});

test("bytes cut short, too long, or changed never become a row that was not written", () => {
  fc.assert(
    fc.property(tradeRow, fc.nat(), fc.nat(255), (row, at, byte) => {
      const whole = encodeTradeAvro(tradeBatchOf([row]), 0, listings);
      const read = new TradeBatch(1);
      const attempt = (bytes: Uint8Array): void => {
        try {
          decodeTradeAvro(bytes, read, listings);
        } catch (error) {
          expect(error).toBeInstanceOf(InternalError);
        }
      };
      attempt(whole.subarray(0, at % whole.byteLength));
      attempt(new Uint8Array([...whole, byte]));
      expect(read.length).toBe(0);
      const changed = whole.slice();
      changed[at % whole.byteLength] = byte;
      attempt(changed); // May well be another valid trade; it must only not throw anything else.
    }),
  );
});

test("a trade of a listing that is not known, or known with another unit, is refused", () => {
  const [row] = fc.sample(tradeRow, 1);
  if (row === undefined) throw new Error("no sample");
  const bytes = encodeTradeAvro(tradeBatchOf([{ ...row, listing: 0 }]), 0, listings);
  expect(() => decodeTradeAvro(bytes, new TradeBatch(), new Listings())).toThrow(/known is no such listing/);
  const other = new Listings();
  other.add({ index: 0, venue: "binance", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-SPOT", unitExponent: 3 });
  expect(() => decodeTradeAvro(bytes, new TradeBatch(), other)).toThrow(
    /with unit 1; known is BTC-USDT-SPOT with unit 1000/,
  );
});

test("symbols of the schema's enums are in the order of the bytes that stand for them", () => {
  const symbols = (name: string): unknown => {
    const { type: enumeration } = TRADE_SCHEMA.fields.find((field) => field.name === name) ?? {};
    return typeof enumeration === "object" && "symbols" in enumeration ? enumeration.symbols : undefined;
  };
  expect(symbols("side")).toEqual(TAKER_SIDES);
  expect(symbols("source")).toEqual(SOURCES);
});
