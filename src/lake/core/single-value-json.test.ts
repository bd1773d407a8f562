import fc from "fast-check";
import { expect, test } from "vitest";
import { anyType, anyValue } from "./arbitrary-fixture.ts";
import { formatJson, parseJson } from "./json.ts";
import { valueFromJson, valueJson } from "./single-value-json.ts";
import { type PrimitiveType, parseType } from "./types.ts";
import { compareValues, type Value } from "./value.ts";

function typeOf(text: string): PrimitiveType {
  return parseType(text) as PrimitiveType;
}

/** The table of the specification's appendix D. */
test.each<[string, string, Value]>([
  ["boolean", "true", true],
  ["int", "34", 34n],
  ["long", "9223372036854775807", 2n ** 63n - 1n],
  ["float", "1.5", 1.5],
  ["double", "1.0", 1],
  ["decimal(9,2)", '"14.20"', 1420n],
  ["date", '"2017-11-16"', 17_486n],
  ["time", '"22:31:08.123456"', 81_068_123_456n],
  ["timestamp", '"2017-11-16T22:31:08.123456"', 1_510_871_468_123_456n],
  ["timestamptz", '"2017-11-16T22:31:08.123456+00:00"', 1_510_871_468_123_456n],
  ["timestamp_ns", '"2017-11-16T22:31:08.123456789"', 1_510_871_468_123_456_789n],
  ["timestamptz_ns", '"2017-11-16T22:31:08.123456789+00:00"', 1_510_871_468_123_456_789n],
  ["string", '"iceberg"', "iceberg"],
  ["uuid", '"f79c3e09-677c-4bbd-a479-3f349cb785e7"', "f79c3e09-677c-4bbd-a479-3f349cb785e7"],
  ["fixed[4]", '"00010203"', Uint8Array.of(0, 1, 2, 3)],
  ["binary", '"00010203"', Uint8Array.of(0, 1, 2, 3)],
])("%s is read from %s", (type, json, value) => {
  const read = valueFromJson(typeOf(type), parseJson(json));
  expect(compareValues(typeOf(type), read, value)).toBe(0);
});

test.each([
  ["int", "2147483648"],
  ["int", "1.5"],
  ["long", '"1"'],
  ["boolean", "1"],
  ["decimal(4,2)", '"100.00"'],
  ["decimal(4,2)", "1.5"],
  ["fixed[4]", '"0001"'],
  ["date", '"2017-02-30"'],
  ["timestamptz", '"2017-11-16T22:31:08"'],
])("%s is not read from %s", (type, json) => {
  expect(() => valueFromJson(typeOf(type), parseJson(json))).toThrow(/Cannot read/);
});

test("every finite value comes back from its JSON", () => {
  const typed = anyType.chain((type) => anyValue(type).map((value) => ({ type, value })));
  fc.assert(
    fc.property(typed, ({ type, value }) => {
      fc.pre(typeof value !== "number" || Number.isFinite(value));
      const back = valueFromJson(type, parseJson(formatJson(valueJson(type, value))));
      // JSON has no −0.
      expect(compareValues(type, back, typeof value === "number" ? value + 0 : value)).toBe(0);
    }),
    { numRuns: 300 },
  );
  expect(() => valueJson({ kind: "double" }, Number.NaN)).toThrow(/finite/);
});
