import fc from "fast-check";
import { expect, test } from "vitest";
import { formatShortest, parseDecimal } from "../domain/index.ts";
import { type AdjustedBar, type AdjustOptions, adjust, adjustedValue, roundedBar } from "./adjust.ts";
import type { KnownAction, KnownBar } from "./known.ts";
import { product } from "./rational.ts";
import { dayText, tradingDayUs } from "./trading-time.ts";

const DAY_US = 86_400_000_000;
const START_US = day("2020-01-01");
const LATER: AdjustOptions = { asOfUs: day("2021-01-01") };

function day(text: string): number {
  return tradingDayUs(text) ?? Number.NaN;
}

function bar(date: string, close: string, more: Partial<KnownBar> = {}): KnownBar {
  const price = parseDecimal(close);
  const prices = { open: price, high: price, low: price, close: price, volume: parseDecimal("1000") };
  return { startUs: day(date), ...prices, adjustment: "none", knownAtUs: day(date) + DAY_US, revision: 0, ...more };
}

function split(date: string, to: bigint, from: bigint, knownAtUs = day(date)): KnownAction {
  return { kind: "split", exDateUs: day(date), to, from, state: "stated", knownAtUs, revision: 0 };
}

function dividend(date: string, amount: string, more: Partial<KnownAction> = {}): KnownAction {
  const said = { state: "stated", knownAtUs: day(date), revision: 0 } as const;
  return {
    kind: "dividend",
    exDateUs: day(date),
    amount: parseDecimal(amount),
    adjustment: "none",
    ...said,
    ...more,
  } as KnownAction;
}

function closes(bars: readonly AdjustedBar[], digits = 6): readonly string[] {
  return bars.map((each) => `${dayText(each.startUs)} ${formatShortest(roundedBar(each, digits).close)}`);
}

test("a split divides the prices before its ex-date and multiplies their volume", () => {
  const bars = [bar("2020-08-28", "499.23"), bar("2020-08-31", "129.04")];
  const adjusted = adjust(bars, [split("2020-08-31", 4n, 1n)], LATER).bars;
  expect(closes(adjusted)).toEqual(["2020-08-28 124.8075", "2020-08-31 129.04"]);
  expect(adjusted.map((each) => formatShortest(roundedBar(each, 0).volume))).toEqual(["4000", "1000"]);
});

test("a dividend takes its part of the close before it from all prices before it", () => {
  const bars = [bar("2020-02-05", "80"), bar("2020-02-06", "100"), bar("2020-02-07", "99")];
  const { bars: adjusted } = adjust(bars, [dividend("2020-02-07", "2")], LATER);
  expect(closes(adjusted)).toEqual(["2020-02-05 78.4", "2020-02-06 98", "2020-02-07 99"]);
  expect(closes(adjust(bars, [dividend("2020-02-07", "2")], { ...LATER, basis: "splits" }).bars)).toEqual([
    "2020-02-05 80",
    "2020-02-06 100",
    "2020-02-07 99",
  ]);
});

test("on one day a dividend is of shares after the split", () => {
  const bars = [bar("2020-03-02", "100"), bar("2020-03-03", "50")];
  const { bars: adjusted } = adjust(bars, [split("2020-03-03", 2n, 1n), dividend("2020-03-03", "1")], LATER);
  expect(closes(adjusted)).toEqual(["2020-03-02 49", "2020-03-03 50"]);
});

test("what was not known or had not happened at the time changes nothing", () => {
  const bars = [bar("2020-08-27", "500.04"), bar("2020-08-28", "499.23")];
  const announced = split("2020-08-31", 4n, 1n, day("2020-07-30"));
  expect(closes(adjust(bars, [announced], { asOfUs: day("2020-08-28") + DAY_US }).bars)).toEqual([
    "2020-08-27 500.04",
    "2020-08-28 499.23",
  ]);
  expect(closes(adjust(bars, [announced], { asOfUs: day("2020-08-31") }).bars)).toEqual([
    "2020-08-27 125.01",
    "2020-08-28 124.8075",
  ]);
  const late = { ...announced, knownAtUs: day("2020-09-05") };
  expect(closes(adjust(bars, [late], { asOfUs: day("2020-09-04") }).bars)).toEqual([
    "2020-08-27 500.04",
    "2020-08-28 499.23",
  ]);
  expect(adjust(bars, [], { asOfUs: day("2020-08-28") }).bars).toHaveLength(1);
});

test("a corrected candle, a corrected dividend and a withdrawn one are as known at each time", () => {
  const known = day("2020-02-10");
  const bars = [
    bar("2020-02-06", "100"),
    bar("2020-02-06", "101", { knownAtUs: known, revision: 1 }),
    bar("2020-02-07", "99"),
  ];
  const actions = [
    dividend("2020-02-07", "2"),
    dividend("2020-02-07", "1", { knownAtUs: known, revision: 1 }),
    dividend("2020-02-07", "1", { knownAtUs: known + 1, revision: 2, state: "withdrawn" }),
  ];
  const firstAt = (asOfUs: number): string | undefined => closes(adjust(bars, actions, { asOfUs }).bars)[0];
  expect(firstAt(day("2020-02-08"))).toBe("2020-02-06 98");
  expect(firstAt(known)).toBe("2020-02-06 100");
  expect(firstAt(known + 1)).toBe("2020-02-06 101");
});

test("prices that a vendor has divided already come back as traded first", () => {
  const later = { adjustment: "splits", knownAtUs: day("2020-12-01") } as const;
  const bars = [bar("2020-08-28", "124.8075", later), bar("2020-08-31", "129.04", later)];
  const actions = [split("2020-08-31", 4n, 1n), dividend("2020-08-07", "0.205", later)];
  const raw = adjust(bars, actions, { ...LATER, basis: "raw" }).bars;
  expect(raw.map(({ traded }) => formatShortest(traded.close))).toEqual(["499.23", "129.04"]);
  expect(raw.map(({ traded }) => formatShortest(traded.volume))).toEqual(["250", "1000"]);
});

test("a dividend that is not below the close before it is named, and the rest is adjusted", () => {
  const bars = [bar("2020-02-06", "2"), bar("2020-02-07", "1")];
  const { bars: adjusted, ignored } = adjust(bars, [dividend("2020-02-07", "2")], LATER);
  expect(closes(adjusted)).toEqual(["2020-02-06 2", "2020-02-07 1"]);
  expect(ignored).toEqual(["the dividend of 2 on 2020-02-07 is not below the close before it, 2 on 2020-02-06"]);
});

const BARS = 12;
const someBars: fc.Arbitrary<readonly KnownBar[]> = fc
  .array(fc.integer({ min: 500, max: 90_000 }), {
    minLength: BARS,
    maxLength: BARS,
  })
  .map((cents) =>
    cents.map((each, index) =>
      bar(dayText(START_US + index * DAY_US), formatShortest({ mantissa: BigInt(each), scale: 2 })),
    ),
  );
const someSplits: fc.Arbitrary<readonly KnownAction[]> = fc
  .uniqueArray(
    fc.record({
      at: fc.integer({ min: 1, max: BARS - 1 }),
      to: fc.bigInt({ min: 1n, max: 20n }),
      from: fc.bigInt({ min: 1n, max: 20n }),
    }),
    { selector: ({ at }) => at, maxLength: 4 },
  )
  .map((all) => all.map(({ at, to, from }) => split(dayText(START_US + at * DAY_US), to, from)));
const someDividends: fc.Arbitrary<readonly KnownAction[]> = fc
  .uniqueArray(fc.record({ at: fc.integer({ min: 1, max: BARS - 1 }), cents: fc.integer({ min: 1, max: 400 }) }), {
    selector: ({ at }) => at,
    maxLength: 4,
  })
  .map((all) =>
    all.map(({ at, cents }) =>
      dividend(dayText(START_US + at * DAY_US), formatShortest({ mantissa: BigInt(cents), scale: 2 })),
    ),
  );

test("neither the order of what is given nor its repetition changes anything", () => {
  const inputs = fc.record({ bars: someBars, splits: someSplits, dividends: someDividends });
  fc.assert(
    fc.property(
      inputs.chain(({ bars, splits, dividends }) => {
        const actions = [...splits, ...dividends];
        const shuffled = fc.record({
          bars: fc.shuffledSubarray([...bars], { minLength: bars.length }),
          actions: fc.shuffledSubarray(actions, { minLength: actions.length }),
        });
        return shuffled.map((mixed) => ({ bars, actions, mixed }));
      }),
      ({ bars, actions, mixed }) => {
        const expected = adjust(bars, actions, LATER);
        expect(adjust(mixed.bars, mixed.actions, LATER)).toEqual(expected);
        expect(adjust([...bars, ...mixed.bars], [...actions, ...mixed.actions], LATER)).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test("factors compose: those of splits and of dividends together are their product", () => {
  fc.assert(
    fc.property(
      someBars,
      someSplits,
      someDividends,
      fc.constantFrom("2020-01-05", "2021-01-01"),
      (bars, splits, dividends, asOf) => {
        const options = { asOfUs: day(asOf) };
        const [both, split] = [adjust(bars, [...splits, ...dividends], options), adjust(bars, splits, options)];
        // The splits alone, then the dividends: each of an old share, of which a new one is a part.
        const only = adjust(bars, [...splits, ...dividends], { ...options, basis: "splits" });
        expect(only.bars).toEqual(split.bars);
        for (const [index, each] of both.bars.entries()) {
          const parts = split.bars[index];
          const next = both.bars[index + 1];
          if (parts === undefined || next === undefined) continue;
          expect(each.volumeFactor).toEqual(parts.volumeFactor);
          // Between two candles without an action in between, the change in price is the change that was traded.
          const isQuiet = ![...splits, ...dividends].some(({ exDateUs }) => exDateUs === next.startUs);
          if (isQuiet) expect(each.priceFactor).toEqual(next.priceFactor);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("an adjusted series with no further action stays as it is, and splits keep price times volume", () => {
  fc.assert(
    fc.property(someBars, someSplits, (bars, splits) => {
      for (const each of adjust(bars, splits, LATER).bars) {
        const notional = product(adjustedValue(each, "close"), adjustedValue(each, "volume"));
        const traded = adjust(bars, [], LATER).bars.find(({ startUs }) => startUs === each.startUs);
        if (traded === undefined) throw new Error("a candle is missing");
        expect(notional).toEqual(product(adjustedValue(traded, "close"), adjustedValue(traded, "volume")));
        expect(adjustedValue(traded, "close")).toEqual(product(adjustedValue(traded, "close"), traded.priceFactor));
      }
    }),
    { numRuns: 60 },
  );
});
