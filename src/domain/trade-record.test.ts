import fc from "fast-check";
import { expect, test } from "vitest";
import { tradeBatchOf, tradeRow, tradeRowsOf } from "../../test/trade-rows.ts";
import { InternalError, recordAt, recordBatchOf } from "../base/index.ts";
import { decodeTrades, encodeTrades, TradeBatch } from "./index.ts";

const rows = fc.array(tradeRow, { maxLength: 30 });

test("trades written and read are equal in every column", () => {
  fc.assert(
    fc.property(rows, (values) => {
      const records = encodeTrades(tradeBatchOf(values));
      expect(records.count).toBe(values.length);
      const read = new TradeBatch(1);
      decodeTrades(records, read);
      expect(tradeRowsOf(read)).toEqual(values);
    }),
  );
});

test("any part may be written, and read from any record on, after rows that are there", () => {
  fc.assert(
    fc.property(
      fc.array(tradeRow, { minLength: 1, maxLength: 20 }),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      (values, a, b, c) => {
        const [from, to] = [a % values.length, b % (values.length + 1)].sort((x, y) => x - y) as [number, number];
        const records = encodeTrades(tradeBatchOf(values), from, to);
        const start = c % (records.count + 1);
        const read = tradeBatchOf(values.slice(0, 1));
        decodeTrades(records, read, start);
        expect(tradeRowsOf(read)).toEqual([...values.slice(0, 1), ...values.slice(from, to).slice(start)]);
      },
    ),
  );
});

test("a record is 80 bytes and the text of an id that is no number", () => {
  const row = fc.sample(tradeRow, 1)[0];
  if (row === undefined) throw new Error("no sample");
  const records = encodeTrades(
    tradeBatchOf([
      { ...row, id: 77n },
      { ...row, id: "€1" },
    ]),
  );
  expect(recordAt(records, 0).byteLength).toBe(80);
  expect(recordAt(records, 1).byteLength).toBe(84);
});

test("a record of an unknown version is refused by name", () => {
  const record = new Uint8Array(80);
  record[0] = 9;
  expect(() => decodeTrades(recordBatchOf([record]), new TradeBatch())).toThrow(InternalError);
  expect(() => decodeTrades(recordBatchOf([record]), new TradeBatch())).toThrow(/version 9; this K2 reads version 1/);
});

test("an id longer than the record can say is refused, not cut", () => {
  const row = fc.sample(tradeRow, 1)[0];
  if (row === undefined) throw new Error("no sample");
  expect(() => encodeTrades(tradeBatchOf([{ ...row, id: "x".repeat(65_536) }]))).toThrow(InternalError);
});
