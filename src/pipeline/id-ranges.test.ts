import fc from "fast-check";
import { expect, test } from "vitest";
import { IdRanges } from "./id-ranges.ts";
import { ByteReader, ByteWriter } from "./state/bytes.ts";

test("a day of consecutive ids is one range, in whatever order they come", () => {
  const ranges = new IdRanges();
  for (let id = 5_000_000_000; id < 5_000_001_000; id += 2) expect(ranges.add(id)).toBe(true);
  expect(ranges.count).toBe(500);
  for (let id = 5_000_000_999; id > 5_000_000_000; id -= 2) expect(ranges.add(id)).toBe(true);
  expect(ranges.count).toBe(1);
  expect(ranges.add(5_000_000_500)).toBe(false);
  expect(ranges.add(5_000_001_000)).toBe(true);
  expect(ranges.count).toBe(1);
});

test("IdRanges answers like a set, also when it is written and read in between", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 200 }), fc.nat(200), (ids, pause) => {
      let ranges = new IdRanges();
      const seen = new Set<number>();
      for (const [index, id] of ids.entries()) {
        if (index === pause) ranges = copyOf(ranges);
        expect(ranges.add(id)).toBe(!seen.has(id));
        seen.add(id);
      }
    }),
  );
});

test("past the bound the lowest holes close: old ids count as seen, younger ones stay exact", () => {
  const ranges = new IdRanges(8);
  for (let id = 0; id < 100; id += 10) expect(ranges.add(id)).toBe(true);
  expect(ranges.count).toBeLessThanOrEqual(8);
  expect(ranges.floor).toBeGreaterThanOrEqual(10);
  expect(ranges.add(5)).toBe(false);
  expect(ranges.add(85)).toBe(true);
  expect(ranges.add(85)).toBe(false);
  const copy = copyOf(ranges, 8);
  expect([copy.floor, copy.count]).toEqual([ranges.floor, ranges.count]);
});

test("0 and the largest id of a block are ids like others", () => {
  const ranges = new IdRanges();
  for (const id of [0, 1, 2 ** 53 - 1, 2 ** 53 - 2]) expect(ranges.add(id)).toBe(true);
  for (const id of [0, 1, 2 ** 53 - 1, 2 ** 53 - 2]) expect(ranges.add(id)).toBe(false);
  expect(ranges.count).toBe(2);
});

function copyOf(ranges: IdRanges, rangesMax?: number): IdRanges {
  const writer = new ByteWriter();
  ranges.write(writer);
  return IdRanges.read(new ByteReader(writer.take()), rangesMax);
}

test("spans are added like their ids one by one", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 8 })), { maxLength: 40 }), (spans) => {
      const ranges = new IdRanges();
      const ids = new Set<number>();
      for (const [first, count] of spans) {
        const own = Array.from({ length: count }, (_, index) => first + index);
        const known = own.filter((id) => ids.has(id)).length;
        const expected = known === 0 ? "none" : known === count ? "all" : "some";
        expect(ranges.addSpan(first, first + count - 1)).toBe(expected);
        if (known === 0) for (const id of own) ids.add(id);
        const runs = [...ids].filter((id) => !ids.has(id - 1)).length;
        expect(ranges.count).toBe(runs);
      }
      for (let id = 0; id < 70; id += 1) expect(ranges.addSpan(id, id) === "all").toBe(ids.has(id) || !ids.add(id));
    }),
  );
});
