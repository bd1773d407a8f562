import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDecimal, formatShortest, parseDecimal } from "../domain/index.ts";
import { decimalOfVendorNumber, priceBeforeSplits } from "./float-decimal.ts";
import { ONE, rational } from "./rational.ts";

function told(text: string): string | undefined {
  const decimal = decimalOfVendorNumber(text);
  return decimal === undefined ? undefined : formatDecimal(decimal);
}

test("a 32-bit float printed as a double is the decimal that was stored", () => {
  expect(told("182.63999938964844")).toBe("182.64");
  expect(told("43.064998626708984")).toBe("43.065");
  expect(told("21.368667602539062")).toBe("21.368668");
  expect(told("243")).toBe("243");
  expect(told("128.5")).toBe("128.5");
});

test("a float printed with six digits is that decimal too, and a short decimal is what is written", () => {
  expect(told("157.460007")).toBe("157.46");
  expect(told("160.000000")).toBe("160");
  expect(told("0.205")).toBe("0.205");
  expect(told("0.00375")).toBe("0.00375");
  expect(told("228.01999999")).toBe("228.01999999");
});

test("noise of a double is nobody's decimal", () => {
  expect(told("182.64000000000001")).toBeUndefined();
  expect(told("0.1575000000000001")).toBeUndefined();
});

test("every price in cents up to 100,000 survives its 32-bit float", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9_999_999 }), (cents) => {
      const price = formatShortest({ mantissa: BigInt(cents), scale: 2 });
      expect(told(String(Math.fround(Number(price))))).toBe(price);
    }),
    { numRuns: 2_000 },
  );
});

test("what is told is always the very float again", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-4, max: 1e7, noNaN: true }), (value) => {
      const float = Math.fround(value);
      const text = told(String(float));
      expect(Math.fround(Number(text))).toBe(float);
    }),
    { numRuns: 2_000 },
  );
});

test("a price before splits is the shortest that their floats can have come from", () => {
  const before = (text: string, to: bigint, count = 1): string =>
    formatShortest(
      priceBeforeSplits(decimalOfVendorNumber(text) ?? parseDecimal("0"), { ratio: rational(to, 1n), count }),
    );
  expect(before("21.368667602539062", 15n, 2)).toBe("320.53");
  expect(before("43.064998626708984", 4n)).toBe("172.26");
  expect(before("59.45050048828125", 20n)).toBe("1189.01");
  const published = parseDecimal("12.345");
  expect(priceBeforeSplits(published, { ratio: ONE, count: 0 })).toBe(published);
});

test("cents divided by one split or two come back", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 100n, max: 500_000n }),
      fc.constantFrom<readonly (readonly [bigint, bigint])[]>(
        [[4n, 1n]],
        [[20n, 1n]],
        [[1n, 8n]],
        [
          [4n, 1n],
          [10n, 1n],
        ],
        [[3n, 2n]],
      ),
      (cents, splits) => {
        let float = Math.fround(Number(cents) / 100);
        let ratio = ONE;
        for (const [to, from] of splits) {
          float = Math.fround((float * Number(from)) / Number(to));
          ratio = rational(ratio.numerator * to, ratio.denominator * from);
        }
        const published = decimalOfVendorNumber(String(float));
        if (published === undefined) throw new Error(`no decimal for ${float}`);
        const price = priceBeforeSplits(published, { ratio, count: splits.length });
        expect(formatShortest(price)).toBe(formatShortest({ mantissa: cents, scale: 2 }));
      },
    ),
    { numRuns: 1_000 },
  );
});
