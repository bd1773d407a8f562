import fc from "fast-check";
import { expect, test } from "vitest";
import { anyType, anyValue } from "./arbitrary-fixture.ts";
import { applyTransform, hashValue, parseTransform, transformAccepts, transformText } from "./transform.ts";
import { isPrimitive, type PrimitiveType, parseType } from "./types.ts";
import type { Value } from "./value.ts";
import { parseValue } from "./value-text.ts";

function primitive(text: string): PrimitiveType {
  const type = parseType(text);
  if (!isPrimitive(type)) throw new Error(`${text} is nested`);
  return type;
}

// https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements
test.each<[string, string, number]>([
  ["int", "34", 2017239379],
  ["long", "34", 2017239379],
  ["decimal(9,2)", "14.20", -500754589],
  ["date", "2017-11-16", -653330422],
  ["time", "22:31:08", -662762989],
  ["timestamp", "2017-11-16T22:31:08", -2047944441],
  ["timestamp", "2017-11-16T22:31:08.000001", -1207196810],
  ["timestamptz", "2017-11-16T14:31:08-08:00", -2047944441],
  ["timestamptz", "2017-11-16T14:31:08.000001-08:00", -1207196810],
  ["timestamp_ns", "2017-11-16T22:31:08", -2047944441],
  ["timestamp_ns", "2017-11-16T22:31:08.000001001", -1207196810],
  ["timestamptz_ns", "2017-11-16T14:31:08-08:00", -2047944441],
  ["timestamptz_ns", "2017-11-16T14:31:08.000001001-08:00", -1207196810],
  ["string", "iceberg", 1210000089],
  ["uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7", 1488055340],
  ["fixed[4]", "00010203", -188683207],
  ["binary", "00010203", -188683207],
  ["boolean", "true", 1392991556],
  ["float", "1", -142385009],
  ["float", "0", 1669671676],
  ["float", "-0", 1669671676],
  ["double", "1", -142385009],
  ["double", "0", 1669671676],
  ["double", "-0", 1669671676],
])("the hash of %s %s is %i", (typeText, text, hash) => {
  const type = primitive(typeText);
  expect(hashValue(type, parseValue(type, text))).toBe(hash);
});

test.each<[string, string, string, Value]>([
  ["truncate[10]", "int", "1", 0n],
  ["truncate[10]", "int", "-1", -10n],
  ["truncate[10]", "long", "-10", -10n],
  ["truncate[50]", "decimal(9,2)", "10.65", 1050n],
  ["truncate[3]", "string", "iceberg", "ice"],
  ["truncate[2]", "string", "𝄞é!", "𝄞é"],
  ["truncate[3]", "binary", "0102030405", Uint8Array.of(1, 2, 3)],
  ["year", "date", "1969-12-31", -1n],
  ["month", "date", "1969-12-31", -1n],
  ["month", "date", "2024-02-29", 649n],
  ["day", "date", "1969-12-31", -1n],
  ["year", "timestamp", "1969-12-31T23:59:59.999999", -1n],
  ["month", "timestamptz", "1970-01-01T00:00:00Z", 0n],
  ["day", "timestamptz", "1969-12-31T23:59:59.999999Z", -1n],
  ["hour", "timestamptz", "1969-12-31T23:59:59.999999Z", -1n],
  ["hour", "timestamp_ns", "1970-01-01T01:00:00.000000001", 1n],
  ["bucket[16]", "string", "iceberg", 9n],
  ["identity", "string", "iceberg", "iceberg"],
])("%s of %s %s is %s", (transformText, typeText, text, expected) => {
  const type = primitive(typeText);
  expect(applyTransform(parseTransform(transformText), type, parseValue(type, text))).toEqual(expected);
});

test("void gives null, and a later version's transform is kept word for word", () => {
  expect(applyTransform({ kind: "void" }, { kind: "int" }, 1n)).toBeUndefined();
  expect(transformText(parseTransform("bucketV2[16]"))).toBe("bucketV2[16]");
});

test("calendar parts agree with the platform's calendar", () => {
  const times = fc.date({ min: new Date("1000-01-01"), max: new Date("3000-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(times, (time) => {
      const micros = BigInt(time.getTime()) * 1000n;
      const of = (kind: "year" | "month" | "day" | "hour"): number =>
        Number(applyTransform({ kind }, { kind: "timestamptz" }, micros));
      expect(of("year")).toBe(time.getUTCFullYear() - 1970);
      expect(of("month")).toBe((time.getUTCFullYear() - 1970) * 12 + time.getUTCMonth());
      expect(of("day")).toBe(Math.floor(time.getTime() / 86_400_000));
      expect(of("hour")).toBe(Math.floor(time.getTime() / 3_600_000));
    }),
  );
});

test("a bucket is always one of its number, for every hashable value", () => {
  const typed = anyType
    .filter((type) => transformAccepts({ kind: "bucket", buckets: 16 }, type))
    .chain((type) => anyValue(type).map((value): [PrimitiveType, Value] => [type, value]));
  fc.assert(
    fc.property(typed, fc.integer({ min: 1, max: 1000 }), ([type, value], buckets) => {
      const bucket = applyTransform({ kind: "bucket", buckets }, type, value) as bigint;
      expect(bucket >= 0n && bucket < BigInt(buckets)).toBe(true);
    }),
  );
});
