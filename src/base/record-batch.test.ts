import fc from "fast-check";
import { expect, test } from "vitest";
import { RecordBatchBuilder, recordAt, recordBatchOf, recordStart } from "./index.ts";

const records = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 600 });

test("records come out as they went in, empty ones too, whatever room there was at first", () => {
  fc.assert(
    fc.property(records, fc.nat(100), (values, initialBytes) => {
      const builder = new RecordBatchBuilder(initialBytes);
      for (const value of values) builder.push(value);
      expect(builder.count).toBe(values.length);
      expect(builder.byteLength).toBe(values.reduce((sum, value) => sum + value.byteLength, 0));
      const batch = builder.take();
      expect(Array.from({ length: batch.count }, (_, index) => recordAt(batch, index))).toEqual(values);
      expect(recordStart(batch, 0)).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test("a batch that was taken does not change with what is collected after it", () => {
  const builder = new RecordBatchBuilder(4);
  builder.push(new Uint8Array([1, 2, 3]));
  const first = builder.take();
  expect([builder.count, builder.byteLength]).toEqual([0, 0]);
  builder.push(new Uint8Array([9, 9, 9]));
  const second = builder.take();
  expect([...recordAt(first, 0)]).toEqual([1, 2, 3]);
  expect([...recordAt(second, 0)]).toEqual([9, 9, 9]);
});

test("batches of one builder are right one after the other, whatever their sizes, and small ones hold no more than they need", () => {
  fc.assert(
    fc.property(fc.array(records, { maxLength: 6 }), (rounds) => {
      const builder = new RecordBatchBuilder(64);
      const batches = rounds.map((values) => {
        for (const value of values) builder.push(value);
        return builder.take();
      });
      for (const [round, values] of rounds.entries()) {
        const batch = batches[round] ?? recordBatchOf([]);
        expect(Array.from({ length: batch.count }, (_, index) => recordAt(batch, index))).toEqual(values);
        expect(batch.bytes.buffer.byteLength).toBeLessThanOrEqual(Math.max(64, 2 * batch.bytes.byteLength));
      }
    }),
    { numRuns: 50 },
  );
});

test("a record written in place may end before the room that was reserved", () => {
  const builder = new RecordBatchBuilder(0);
  const at = builder.reserve(100);
  builder.view.setUint16(at, 513);
  builder.finish(at + 2);
  builder.push(new Uint8Array([7]));
  const batch = builder.take();
  expect([[...recordAt(batch, 0)], [...recordAt(batch, 1)]]).toEqual([[2, 1], [7]]);
});

test("an empty batch has no records", () => {
  expect(recordBatchOf([])).toMatchObject({ count: 0 });
});
