import fc from "fast-check";
import { expect, test } from "vitest";
import { anyType, anyValue } from "./arbitrary-fixture.ts";
import { decodeValue, encodeValue } from "./single-value.ts";
import { isPrimitive, type PrimitiveType, parseType } from "./types.ts";
import { compareValues, type Value } from "./value.ts";
import { formatValue, parseValue } from "./value-text.ts";

function primitive(text: string): PrimitiveType {
  const type = parseType(text);
  if (!isPrimitive(type)) throw new Error(`${text} is nested`);
  return type;
}

// Appendix D's rules on the values of its examples; timestamps are those of Appendix B.
test.each<[string, string, string]>([
  ["boolean", "true", "01"],
  ["boolean", "false", "00"],
  ["int", "34", "22000000"],
  ["int", "-1", "ffffffff"],
  ["long", "34", "2200000000000000"],
  ["float", "1", "0000803f"],
  ["double", "1", "000000000000f03f"],
  ["double", "-0", "0000000000000080"],
  ["date", "2017-11-16", "4e440000"],
  ["date", "1969-12-31", "ffffffff"],
  ["time", "22:31:08", "008307e012000000"],
  ["timestamp", "2017-11-16T22:31:08", "00c3262d215e0500"],
  ["timestamptz", "2017-11-16T14:31:08-08:00", "00c3262d215e0500"],
  ["timestamp", "1969-12-31T23:59:59.999999", "ffffffffffffffff"],
  ["timestamp_ns", "1969-12-31T23:59:59.999999999", "ffffffffffffffff"],
  ["string", "iceberg", "69636562657267"],
  ["uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7", "f79c3e09677c4bbda4793f349cb785e7"],
  ["binary", "00010203", "00010203"],
  ["fixed[4]", "000102ff", "000102ff"],
  ["decimal(9,2)", "14.20", "058c"],
  ["decimal(9,2)", "-0.01", "ff"],
  ["decimal(9,2)", "1.28", "0080"],
  ["decimal(9,2)", "-1.28", "80"],
  ["decimal(9,2)", "0", "00"],
])("%s %s is %s", (typeText, text, hex) => {
  const type = primitive(typeText);
  const value = parseValue(type, text);
  expect(Buffer.from(encodeValue(type, value)).toString("hex")).toBe(hex);
  expect(compareValues(type, decodeValue(type, Buffer.from(hex, "hex")), value)).toBe(0);
});

const typed = anyType.chain((type) => anyValue(type).map((value): [PrimitiveType, Value] => [type, value]));

test("every value comes back from its bytes and from its text", () => {
  fc.assert(
    fc.property(typed, ([type, value]) => {
      expect(compareValues(type, decodeValue(type, encodeValue(type, value)), value)).toBe(0);
      expect(compareValues(type, parseValue(type, formatValue(type, value)), value)).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});

test("bounds written before a promotion are read as the wider type", () => {
  expect(decodeValue({ kind: "long" }, encodeValue({ kind: "int" }, -7n))).toBe(-7n);
  expect(decodeValue({ kind: "double" }, encodeValue({ kind: "float" }, 1.5))).toBe(1.5);
  const day = encodeValue({ kind: "date" }, -2n);
  expect(decodeValue({ kind: "timestamp" }, day)).toBe(-2n * 86_400_000_000n);
  expect(decodeValue({ kind: "timestamp_ns" }, day)).toBe(-2n * 86_400_000_000_000n);
  const wide: PrimitiveType = { kind: "decimal", precision: 38, scale: 2 };
  expect(decodeValue(wide, encodeValue({ kind: "decimal", precision: 4, scale: 2 }, -128n))).toBe(-128n);
});

test("text and bytes are ordered by unsigned bytes, also where UTF-16 orders otherwise", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (one, other) => {
      const order = compareValues({ kind: "string" }, one, other);
      expect(Math.sign(order)).toBe(Buffer.compare(Buffer.from(one), Buffer.from(other)));
    }),
  );
  expect(compareValues({ kind: "string" }, "\u{1f600}", "\uffff")).toBeGreaterThan(0);
});

test.each<[string, string]>([
  ["int", "2147483648"],
  ["int", "1.0"],
  ["long", "9223372036854775808"],
  ["decimal(4,2)", "100.00"],
  ["decimal(4,2)", "0.001"],
  ["decimal(4,2)", "1e1"],
  ["decimal(4,2)", "."],
  ["date", "2023-02-29"],
  ["date", "infinity"],
  ["timestamp", "2024-01-01T00:00:00Z"],
  ["timestamptz", "2024-01-01T00:00:00"],
  ["timestamptz", "2024-01-01T00:00:00.1234567Z"],
  ["time", "24:00:00"],
  ["uuid", "f79c3e09"],
  ["float", "0.1"],
  ["double", "x"],
  ["boolean", "yes"],
])("%s does not take %s", (typeText, text) => {
  expect(() => parseValue(primitive(typeText), text)).toThrow(/exactly/);
});

test("DuckDB's spellings of times are read: a space, a short offset, an era", () => {
  expect(parseValue({ kind: "timestamptz" }, "2024-01-01 02:00:00+02")).toBe(1_704_067_200_000_000n);
  expect(parseValue({ kind: "date" }, "0045-03-15 (BC)")).toBe(-735_525n);
  expect(formatValue({ kind: "date" }, -735_525n)).toBe("-0044-03-15");
  expect(parseValue({ kind: "timestamp" }, "0045-03-15 (BC) 12:00:00")).toBe(
    -735_525n * 86_400_000_000n + 43_200_000_000n,
  );
});
