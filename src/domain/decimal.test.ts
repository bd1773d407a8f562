import fc from "fast-check";
import { expect, test } from "vitest";
import { compareDecimals, type Decimal, formatDecimal, formatShortest, parseDecimal, rescaled } from "./index.ts";

const decimal = fc.record({ mantissa: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), scale: fc.nat(20) });

test.each([
  ["0", 0n, 0],
  ["97123.45000000", 9_712_345_000_000n, 8],
  ["-1.50", -150n, 2],
  ["+2", 2n, 0],
  [".5", 5n, 1],
  ["5.", 5n, 0],
  ["1e-13", 1n, 13],
  ["1.5E3", 1500n, 0],
  ["12.34e1", 1234n, 1],
  ["-0.0", 0n, 1],
  ["00012", 12n, 0],
] as const)("parseDecimal(%j) is %s at scale %s", (text, mantissa, scale) => {
  expect(parseDecimal(text)).toEqual({ mantissa, scale });
});

test.each(["", ".", "-", "+.", "e5", "1e", "1.2.3", "1,5", " 1", "1 ", "0x10", "NaN", "Infinity", "1e99999", "١"])(
  "parseDecimal(%j) is refused",
  (text) => {
    expect(() => parseDecimal(text)).toThrow(/Not a decimal number/);
  },
);

test("what is printed is read back with the same mantissa and scale", () => {
  fc.assert(
    fc.property(decimal, (value) => {
      expect(parseDecimal(formatDecimal(value))).toEqual(value);
    }),
  );
});

test("every finite double is read exactly as JSON writes it", () => {
  fc.assert(
    fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (number) => {
      expect(Number(formatDecimal(parseDecimal(JSON.stringify(number))))).toBe(number === 0 ? 0 : number);
    }),
  );
});

test("the shortest form is one text a value: equal values have equal texts, others have others", () => {
  fc.assert(
    fc.property(decimal, decimal, fc.nat(12), (a, b, zeros) => {
      const padded = { mantissa: a.mantissa * 10n ** BigInt(zeros), scale: a.scale + zeros };
      expect(formatShortest(padded)).toBe(formatShortest(a));
      expect(formatShortest(a) === formatShortest(b)).toBe(compareDecimals(a, b) === 0);
      expect(compareDecimals(parseDecimal(formatShortest(a)), a)).toBe(0);
      expect(formatShortest(a)).toMatch(/^(-?[1-9]\d*|-?(0|[1-9]\d*)\.\d*[1-9]|0)$/);
    }),
  );
});

test("another scale gives the same value or none, never a rounded one", () => {
  fc.assert(
    fc.property(decimal, fc.integer({ min: -12, max: 30 }), (value, toScale) => {
      const mantissa = rescaled(value, toScale);
      // value = mantissa × 10^-toScale, compared in whole numbers at a scale that holds both.
      const common = BigInt(Math.max(value.scale, toScale));
      const whole = value.mantissa * 10n ** (common - BigInt(value.scale));
      const step = 10n ** (common - BigInt(toScale));
      if (mantissa === undefined) expect(whole % step).not.toBe(0n);
      else expect(mantissa * step).toBe(whole);
    }),
  );
});

test("to a finer scale and back is the identity", () => {
  fc.assert(
    fc.property(decimal, fc.nat(12), (value, finer) => {
      const mantissa = rescaled(value, value.scale + finer);
      expect(mantissa).toBeDefined();
      expect(rescaled({ mantissa: mantissa ?? 0n, scale: value.scale + finer }, value.scale)).toBe(value.mantissa);
    }),
  );
});

test("comparison is a total order that agrees with subtraction", () => {
  const sign = (n: number): number => Math.sign(n) + 0;
  fc.assert(
    fc.property(decimal, decimal, decimal, (a, b, c) => {
      expect(compareDecimals(a, a)).toBe(0);
      expect(sign(compareDecimals(a, b))).toBe(sign(-compareDecimals(b, a)));
      if (compareDecimals(a, b) <= 0 && compareDecimals(b, c) <= 0)
        expect(compareDecimals(a, c)).toBeLessThanOrEqual(0);
      const difference = atScale(a, 40) - atScale(b, 40);
      expect(sign(compareDecimals(a, b))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
    }),
  );
});

function atScale({ mantissa, scale }: Decimal, to: number): bigint {
  return mantissa * 10n ** BigInt(to - scale);
}
