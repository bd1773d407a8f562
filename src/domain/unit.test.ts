import fc from "fast-check";
import { expect, test } from "vitest";
import {
  chooseUnitExponent,
  compareDecimals,
  naturalPrice,
  naturalSize,
  parseDecimal,
  STORED_MANTISSA_LIMIT,
  storedPrice,
  storedSize,
  UNIT_EXPONENTS,
} from "./index.ts";

test.each([
  ["97123.45", "0.00012", 0, "Bitcoin"],
  ["0.00000001", "1", 0, "the smallest price at scale 8"],
  ["9999999999.99999999", "9999999999.99999999", 0, "the widest that decimal(18,8) holds"],
  ["0.0000000001", "1000", 3, "ten decimals"],
  ["0.0000000000001", "10000000000000", 6, "1e-13, traded by 1e13"],
  ["0.000000000000001", "1000000000", 9, "1e-15"],
  ["0.00000000000000000001", "1000000000000", 12, "1e-20"],
] as const)("a price of %s and a size of %s take unit exponent %i: %s", (price, size, exponent, _what) => {
  expect(chooseUnitExponent(parseDecimal(price), parseDecimal(size))).toBe(exponent);
});

test.each([
  ["0.000000000000000000001", "1", "a price finer than the last unit"],
  ["0.0000000000001", "0.00000001", "a fine price with a fine size"],
  ["10000000000", "0.1", "a price of eleven digits"],
  ["0.000000000001", "10000000000000000000000000", "a size beyond every unit"],
] as const)("a price of %s and a size of %s fit no unit: %s", (price, size, _what) => {
  expect(chooseUnitExponent(parseDecimal(price), parseDecimal(size))).toBeUndefined();
});

const exponent = fc.constantFrom(...UNIT_EXPONENTS);
const positive = fc.record({ mantissa: fc.bigInt({ min: 1n, max: 10n ** 26n }), scale: fc.nat(22) });

test("what is stored is the natural number exactly, within the column", () => {
  fc.assert(
    fc.property(positive, exponent, (value, unit) => {
      for (const [stored, natural] of [
        [storedPrice(value, unit), naturalPrice],
        [storedSize(value, unit), naturalSize],
      ] as const) {
        if (stored === undefined) continue;
        expect(stored < STORED_MANTISSA_LIMIT).toBe(true);
        expect(compareDecimals(natural(stored, unit), value)).toBe(0);
      }
    }),
  );
});

test("price × size of the stored numbers is the natural notional, whatever the unit", () => {
  const mantissa = fc.bigInt({ min: 1n, max: STORED_MANTISSA_LIMIT - 1n });
  fc.assert(
    fc.property(mantissa, mantissa, exponent, (priceMantissa, sizeMantissa, unit) => {
      const [price, size] = [naturalPrice(priceMantissa, unit), naturalSize(sizeMantissa, unit)];
      expect([storedPrice(price, unit), storedSize(size, unit)]).toEqual([priceMantissa, sizeMantissa]);
      const notional = { mantissa: price.mantissa * size.mantissa, scale: price.scale + size.scale };
      expect(compareDecimals(notional, { mantissa: priceMantissa * sizeMantissa, scale: 16 })).toBe(0);
    }),
  );
});

test("the exponent chosen is the smallest at which both fit", () => {
  fc.assert(
    fc.property(positive, positive, (price, size) => {
      const fits = (unit: number): boolean =>
        storedPrice(price, unit) !== undefined && storedSize(size, unit) !== undefined;
      expect(chooseUnitExponent(price, size)).toBe(UNIT_EXPONENTS.filter(fits).at(0));
    }),
  );
});
