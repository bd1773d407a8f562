import fc from "fast-check";
import { expect, test } from "vitest";
import { Int64Column, parseDecimal, rescaled } from "../../domain/index.ts";
import { JsonRows } from "./json-rows.ts";
import { readDecimal } from "./numbers.ts";
import { CsvRows, type RowFields, type RowReader } from "./row-fields.ts";
import { readTime, Zone } from "./times.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function texts({ bytes, starts, ends, count }: RowFields): readonly string[] {
  return Array.from({ length: count }, (_, index) => decoder.decode(bytes.subarray(starts[index], ends[index])));
}

function read(reader: RowReader, line: string): readonly string[] | string {
  const bytes = encoder.encode(`before\n${line}\nafter`);
  return reader.read(bytes, 7, bytes.byteLength - 6) ?? texts(reader.fields);
}

function expectedOf(text: string, scale: number): bigint | string {
  const value = parseDecimal(text);
  const mantissa = rescaled(value, scale);
  if (value.mantissa <= 0n) return "non_positive";
  if (mantissa === undefined) return "inexact";
  return mantissa >= 10n ** 18n ? "out_of_range" : mantissa;
}

test("a number is read exactly as the decimal library reads it, or refused for the reason that it has", () => {
  const column = new Int64Column(1);
  const number = fc.oneof(
    fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat(22)).map(([whole, places]) => {
      const digits = String(whole).padStart(places + 1, "0");
      return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
    }),
    fc.tuple(fc.nat(1_000_000), fc.integer({ min: -20, max: 20 })).map(([whole, exponent]) => `${whole}e${exponent}`),
    fc.constantFrom("", ".", "1.", ".5", "-1", "+1", "1.2.3", "0", "0.0", "00012.50", "NaN", " 1", "1,5"),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(number, fc.integer({ min: -4, max: 20 }), (text, scale) => {
      const bytes = encoder.encode(`x${text}9`);
      const problem = readDecimal(column, 0, bytes, { start: 1, end: bytes.byteLength - 1, scale });
      const isNumber = /^-?\d+(\.\d*)?([eE][+-]?\d{1,4})?$/.test(text);
      const expected = isNumber ? expectedOf(text, scale) : "malformed";
      expect(problem ?? column.get(0)).toBe(expected);
    }),
    { numRuns: 3000 },
  );
});

test("CSV fields come back as they went in, quoted or not", () => {
  const rows = new CsvRows(",");
  const field = fc.stringMatching(/^[ -~äé]{0,8}$/);
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), fc.boolean(), (fields, hasReturn) => {
      const line = fields.map(quoted).join(",") + (hasReturn ? "\r" : "");
      expect(read(rows, line)).toEqual(fields);
    }),
  );
});

test("CSV that is not right is told", () => {
  const rows = new CsvRows(",");
  expect(read(rows, '1,"2')).toBe("a quote is not closed");
  expect(read(rows, '1,"2"3')).toBe("something stands behind a closing quote");
  expect(read(rows, '1,2"3')).toBe("a quote stands within a field");
  expect(read(rows, ",".repeat(300))).toBe("it has over 256 columns");
  expect(read(rows, `"",${",".repeat(300)}`)).toBe("it has over 256 columns");
});

test("NDJSON members are texts, numbers as they are written, and truths; others are refused", () => {
  const rows = new JsonRows(["a", "b", "c"]);
  expect(read(rows, '{"b":1.50,"a":"x\\u00e9\\"","c":true,"d":[1]}')).toEqual(['xé"', "1.50", "true"]);
  expect(read(rows, '{"a":123456789012345678901234567890}')).toEqual(["123456789012345678901234567890", "", ""]);
  expect(read(rows, '{"a":{}}')).toBe('"a" is neither a text, a number nor a truth');
  expect(read(rows, "[1]")).toBe("it is not a JSON object");
  expect(read(rows, '{"a":')).toBe("it is not JSON");
});

function time(text: string, unit: Parameters<typeof readTime>[3]): string | undefined {
  const bytes = encoder.encode(text);
  const into = { us: 0, nanos: 0 };
  return readTime(bytes, 0, bytes.byteLength, unit, into) ? `${into.us}+${into.nanos}` : undefined;
}

test("times of every unit, with decimals, to the nanosecond and no further", () => {
  expect(time("1585180700.0647", "s")).toBe("1585180700064700+0");
  expect(time("1585180700", "s")).toBe("1585180700000000+0");
  expect(time("1585180700.123456789", "s")).toBe("1585180700123456+789");
  expect(time("1585180700.1234567890", "s")).toBe("1585180700123456+789");
  expect(time("1585180700.1234567891", "s")).toBeUndefined();
  expect(time("1704067200003", "ms-or-us")).toBe("1704067200003000+0");
  expect(time("1735689600123456", "ms-or-us")).toBe("1735689600123456+0");
  expect(time("17356896001234567", "ms-or-us")).toBeUndefined();
  expect(time("1704067200003.25", "ms")).toBe("1704067200003250+0");
  expect(time("1704067200000000001", "ns")).toBe("1704067200000000+1");
  expect(time("2024-02-29T23:59:59.000000001Z", "iso")).toBe("1709251199000000+1");
  expect(time("2024-02-30T00:00:00Z", "iso")).toBeUndefined();
  expect(time("1704067200003", "iso")).toBeUndefined();
  for (const text of ["", "-1", "1e9", "12a", "9999999999999999"]) expect(time(text, "us")).toBeUndefined();
});

test("local times go by the zone's rules of that day, also where the clock is set", () => {
  const newYork = new Zone("America/New_York");
  const utc = (...at: Parameters<typeof Date.UTC>): number => Date.UTC(...at) * 1000;
  expect(newYork.toUtcUs(utc(2013, 9, 7, 9, 30))).toBe(utc(2013, 9, 7, 13, 30));
  expect(newYork.toUtcUs(utc(2013, 11, 9, 9, 30))).toBe(utc(2013, 11, 9, 14, 30));
  // On 3 November 2013 the clock went from 02:00 back to 01:00.
  expect(newYork.toUtcUs(utc(2013, 10, 3, 0, 30))).toBe(utc(2013, 10, 3, 4, 30));
  expect(newYork.toUtcUs(utc(2013, 10, 3, 1, 30))).toBe(utc(2013, 10, 3, 5, 30));
  expect(newYork.toUtcUs(utc(2013, 10, 3, 3, 0))).toBe(utc(2013, 10, 3, 8, 0));
  expect(new Zone("Australia/Sydney").toUtcUs(utc(2014, 2, 10, 10, 0))).toBe(utc(2014, 2, 9, 23, 0));
});
