import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInputError } from "../base/index.ts";
import { formatInstrument, type Instrument, parseInstrument } from "./index.ts";

test.each<readonly [string, Instrument]>([
  ["BTC-USDT-SPOT", { kind: "spot", base: "BTC", quote: "USDT" }],
  ["1000PEPE-USDT-PERP", { kind: "perpetual", base: "1000PEPE", quote: "USDT", settle: "USDT" }],
  ["BTC-USD:BTC-PERP", { kind: "perpetual", base: "BTC", quote: "USD", settle: "BTC" }],
  ["BTC-USD:BTC-FUT-20261225", { kind: "future", base: "BTC", quote: "USD", settle: "BTC", expiry: "20261225" }],
  [
    "BTC-USD:BTC-OPT-20261225-100000-C",
    { kind: "option", base: "BTC", quote: "USD", settle: "BTC", expiry: "20261225", strike: "100000", right: "call" },
  ],
  [
    "XRP-USDC-OPT-20280229-0.55-P",
    { kind: "option", base: "XRP", quote: "USDC", settle: "USDC", expiry: "20280229", strike: "0.55", right: "put" },
  ],
  ["BRK.B-XNYS-EQ", { kind: "equity", ticker: "BRK.B", mic: "XNYS" }],
])("%s is read", (id, instrument) => {
  expect(parseInstrument(id)).toEqual(instrument);
});

test.each([
  ["", "nothing"],
  ["BTCUSDT", "a venue's symbol"],
  ["BTC/USDT", "a slash"],
  ["btc-usdt-SPOT", "lower case"],
  ["BTC-SPOT", "no quote"],
  ["BTC-USDT-SPOT ", "a space"],
  ["BTC-USDT-SPOT\n", "a new line"],
  ["BTC-USDT:USDT-SPOT", "a settlement of spot"],
  ["BTC-USDT:USDT-PERP", "a settlement asset that is the quote: a second id of one instrument"],
  ["BTC-USDT-FUT", "no expiry"],
  ["BTC-USDT-FUT-20261301", "month 13"],
  ["BTC-USDT-FUT-20270229", "February 29 of a common year"],
  ["BTC-USDT-FUT-20260431", "April 31"],
  ["BTC-USDT-OPT-20261225-0.50-C", "a strike with a zero too many"],
  ["BTC-USDT-OPT-20261225-0100-C", "a strike with a zero in front"],
  ["BTC-USDT-OPT-20261225-100-X", "a right that is neither"],
  ["AAPL-NASDAQ-EQ", "no MIC"],
  ["ABCDEFGHIJKLMNOPQRSTU-USD-SPOT", "an asset of 21 characters"],
])("%j is refused: %s", (id) => {
  expect(() => parseInstrument(id)).toThrow(InvalidInputError);
});

const asset = fc.stringMatching(/^[A-Z0-9][A-Z0-9.]{0,19}$/);
const expiry = fc
  .date({ min: new Date("2009-01-01"), max: new Date("2199-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10).replaceAll("-", ""));
const strike = fc.stringMatching(/^(0|[1-9]\d{0,9})(\.\d{0,5}[1-9])?$/);
const instrument: fc.Arbitrary<Instrument> = fc.oneof(
  fc.record({ kind: fc.constant("spot" as const), base: asset, quote: asset }),
  fc.record({ kind: fc.constant("perpetual" as const), base: asset, quote: asset, settle: asset }),
  fc.record({ kind: fc.constant("future" as const), base: asset, quote: asset, settle: asset, expiry }),
  fc.record({
    kind: fc.constant("option" as const),
    base: asset,
    quote: asset,
    settle: asset,
    expiry,
    strike,
    right: fc.constantFrom("call" as const, "put" as const),
  }),
  fc.record({
    kind: fc.constant("equity" as const),
    ticker: fc.stringMatching(/^[A-Z][A-Z0-9.]{0,9}$/),
    mic: fc.stringMatching(/^[A-Z0-9]{4}$/),
  }),
);

test("an instrument printed and read is the same instrument", () => {
  fc.assert(
    fc.property(instrument, (value) => {
      expect(parseInstrument(formatInstrument(value))).toEqual(value);
    }),
  );
});

test("an id that is read is printed as it was: one id an instrument", () => {
  const ids = fc.stringMatching(
    /^[AB1]{1,2}-[AB]{1,2}(:[AB]{1,2})?-(SPOT|PERP|FUT-202[0-9](0[1-9]|1[0-2])[0-3][0-9]|OPT-20260228-[01]{1,2}(\.[01])?-[CP]|EQ)$/,
  );
  fc.assert(
    fc.property(ids, (id) => {
      let read: Instrument | undefined;
      try {
        read = parseInstrument(id);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError);
      }
      if (read !== undefined) expect(formatInstrument(read)).toBe(id);
    }),
    { numRuns: 1000 },
  );
});
