import fc from "fast-check";
import { expect, test } from "vitest";
import {
  compareDecimals,
  formatDecimal,
  formatShortest,
  naturalPrice,
  naturalSize,
  parseDecimal,
} from "../domain/index.ts";
import { naturalPriceText, naturalSizeText, quotient, shortest, vwapText } from "./natural-values.ts";

test("stored text becomes the natural value, digit by digit, in every unit", () => {
  const mantissas = fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n });
  fc.assert(
    fc.property(mantissas, fc.constantFrom(0, 3, 6, 9, 12), (mantissa, exponent) => {
      const stored = formatDecimal({ mantissa, scale: 8 });
      const unit = (10n ** BigInt(exponent)).toString();
      expect(naturalPriceText(stored, unit)).toBe(formatShortest(naturalPrice(mantissa, exponent)));
      expect(naturalSizeText(stored, unit)).toBe(formatShortest(naturalSize(mantissa, exponent)));
    }),
  );
});

test("zeros at the end of a fraction go, others stay", () => {
  expect(["100", "100.50", "0.00000000", "-1.10", "10.00"].map(shortest)).toEqual(["100", "100.5", "0", "-1.1", "10"]);
});

test("vwapText() rounds half up to twelve significant digits", () => {
  expect(vwapText("320", "3")).toBe("106.666666667");
  expect(vwapText("1", "3")).toBe("0.333333333333");
  expect(vwapText("0.0000000000000001", "3")).toBe("0.0000000000000000333333333333");
  expect(vwapText("999999999999.5", "1")).toBe("1000000000000");
  expect(vwapText("1234567890123456", "1")).toBe("1234567890120000");
  expect(vwapText("0", "5")).toBe("0");
  expect(vwapText("5", "0")).toBeNull();
});

test("quotient() is within half a unit of its last digit, and has no more digits than asked", () => {
  const positive = fc.record({
    mantissa: fc.bigInt({ min: 1n, max: 10n ** 24n }),
    scale: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(positive, positive, fc.integer({ min: 1, max: 15 }), (a, b, digits) => {
      const result = quotient(a, b, digits);
      const significant = result.mantissa.toString().replace(/0+$/, "");
      expect(significant.length).toBeLessThanOrEqual(digits);
      // |result - a/b| * 2 <= 10^(whole digits - digits), with a/b having `whole` digits before the point.
      const product = { mantissa: result.mantissa * b.mantissa, scale: result.scale + b.scale };
      const scale = Math.max(product.scale, a.scale);
      const error =
        product.mantissa * 10n ** BigInt(scale - product.scale) - a.mantissa * 10n ** BigInt(scale - a.scale);
      const relative = { mantissa: (error < 0n ? -error : error) * 2n * 10n ** BigInt(digits - 1), scale };
      expect(compareDecimals(relative, a)).toBeLessThanOrEqual(0);
    }),
  );
  expect(parseDecimal(formatShortest(quotient(parseDecimal("-7"), parseDecimal("2"), 3)))).toEqual(
    parseDecimal("-3.5"),
  );
});
