import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInputError } from "../../base/index.ts";
import { fromWireFormat, toWireFormat } from "./index.ts";

test("a message starts with magic 0 and the schema id, big-endian", () => {
  expect([...toWireFormat(258, new Uint8Array([7, 8]))]).toEqual([0, 0, 0, 1, 2, 7, 8]);
});

test("what was framed is read back, from any place in a larger buffer", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.uint8Array(), fc.nat(9), (id, payload, shift) => {
      const message = toWireFormat(id, payload);
      const buffer = new Uint8Array(shift + message.byteLength);
      buffer.set(message, shift);
      const read = fromWireFormat(buffer.subarray(shift));
      expect(read.schemaId).toBe(id);
      expect([...read.payload]).toEqual([...payload]);
    }),
  );
});

test.each([
  ["nothing", []],
  ["a header cut short", [0, 0, 0, 1]],
  ["JSON", [...new TextEncoder().encode('{"price":1}')]],
])("%s is refused", (_name, bytes) => {
  expect(() => fromWireFormat(new Uint8Array(bytes))).toThrow(InvalidInputError);
});
