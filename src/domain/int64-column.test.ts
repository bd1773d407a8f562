import fc from "fast-check";
import { expect, test } from "vitest";
import { Int64Column } from "./index.ts";

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const edges = [0n, 1n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, -(2n ** 32n), 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)];
const any = fc.oneof(fc.constantFrom(...edges), int64);

test("every 64-bit integer survives, whole or by halves", () => {
  const column = new Int64Column(2);
  fc.assert(
    fc.property(any, (value) => {
      column.set(0, value);
      column.setHalves(1, column.high(0), column.low(0));
      expect(column.get(0)).toBe(value);
      expect(column.get(1)).toBe(value);
    }),
  );
});

test("a number is stored as the same integer, without a BigInt", () => {
  const column = new Int64Column(1);
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      column.setNumber(0, value);
      expect(column.get(0)).toBe(BigInt(value));
      expect(column.getNumber(0)).toBe(value + 0);
    }),
  );
});

test("a value is read as the nearest number", () => {
  const column = new Int64Column(1);
  fc.assert(
    fc.property(any, (value) => {
      column.set(0, value);
      expect(column.nearestNumber(0)).toBe(Number(value));
    }),
  );
});

test("a value is read as a number exactly, or not at all", () => {
  const column = new Int64Column(1);
  fc.assert(
    fc.property(any, (value) => {
      column.set(0, value);
      const number = column.getNumber(0);
      if (value > -(2n ** 53n) && value < 2n ** 53n) expect(number).toBe(Number(value));
      else if (!Number.isNaN(number)) expect(BigInt(number)).toBe(value);
    }),
  );
});

test("growing keeps what was there", () => {
  const column = new Int64Column(2);
  column.set(0, 2n ** 63n - 1n);
  column.setNumber(1, -5);
  column.grow(100);
  column.setNumber(99, 7);
  expect([column.get(0), column.get(1), column.get(2), column.get(99)]).toEqual([2n ** 63n - 1n, -5n, 0n, 7n]);
});
