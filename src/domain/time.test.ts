import fc from "fast-check";
import { expect, test } from "vitest";
import { formatInstant, parseInstant } from "./time.ts";

test("parseInstant() reads what formatInstant() prints, to the nanosecond", () => {
  const microseconds = fc.integer({ min: 0, max: 4_102_444_800_000_000 });
  fc.assert(
    fc.property(microseconds, fc.integer({ min: 0, max: 999 }), (us, nanos) => {
      expect(parseInstant(formatInstant(us, nanos))).toEqual({ us, nanos });
    }),
  );
});

test("parseInstant() reads dates, zones and Unix times by their length", () => {
  const us = Date.parse("2026-11-21T08:30:00Z") * 1000;
  expect(parseInstant("2026-11-21")).toEqual({ us: Date.parse("2026-11-21T00:00:00Z") * 1000, nanos: 0 });
  expect(parseInstant("2026-11-21T09:30:00+01:00")).toEqual({ us, nanos: 0 });
  expect(parseInstant("2026-11-21 08:30")).toEqual({ us, nanos: 0 });
  expect(parseInstant(String(us / 1_000_000))).toEqual({ us, nanos: 0 });
  expect(parseInstant(`${us / 1000}`)).toEqual({ us, nanos: 0 });
  expect(parseInstant(`${us}123`)).toEqual({ us, nanos: 123 });
});

test.each(["", "yesterday", "2026-13-01", "12345", "2026-11-21T25:00:00Z"])("parseInstant() refuses %j", (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test("parseInstant() knows the calendar", () => {
  expect(parseInstant("2026-02-29")).toBeUndefined();
  expect(parseInstant("2026-02-30T12:00:00Z")).toBeUndefined();
  expect(parseInstant("2026-04-31")).toBeUndefined();
  expect(parseInstant("2024-02-29")).toEqual({ us: 1_709_164_800_000_000, nanos: 0 });
});
