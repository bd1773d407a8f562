import { type Decimal, STORED_SCALE } from "../domain/index.ts";
import { priceBeforeSplits, type SplitsBetween } from "./float-decimal.ts";
import type { KnownAction, KnownBar } from "./known.ts";
import { ONE, product, type Rational, rational, rationalOfDecimal, roundedDecimal } from "./rational.ts";
import { dayOf } from "./trading-time.ts";
import type { Adjustment, Split } from "./vendor-answer.ts";

/** A candle in currency and shares of its own day: what was traded. */
export interface TradedBar {
  readonly startUs: number;
  readonly open: Decimal;
  readonly high: Decimal;
  readonly low: Decimal;
  readonly close: Decimal;
  readonly volume: Decimal;
}

/** Cash for a share of the day before the ex-date, after a split of the ex-date itself. */
export interface TradedDividend {
  readonly kind: "dividend";
  readonly exDateUs: number;
  readonly amount: Rational;
}

/**
 * Takes back what a vendor did to a candle: prices and volume that were published in shares of a later day become those of
 * the candle's own, by the splits between.
 *
 * @param splits all that are known, any order
 */
export function asTraded(bar: KnownBar, splits: readonly Split[]): TradedBar {
  const { startUs } = bar;
  const between = splitsSince(bar, startUs, splits);
  const { ratio } = between;
  const price = (published: Decimal): Decimal => priceBeforeSplits(published, between);
  const volume = rational(
    rationalOfDecimal(bar.volume).numerator * ratio.denominator,
    rationalOfDecimal(bar.volume).denominator * ratio.numerator,
  );
  return {
    startUs,
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    volume: ratio === ONE ? bar.volume : roundedDecimal(volume, isWhole(volume) ? 0 : STORED_SCALE),
  };
}

/** Likewise a dividend. */
export function dividendAsTraded(
  dividend: Extract<KnownAction, { readonly kind: "dividend" }>,
  splits: readonly Split[],
): TradedDividend {
  const { ratio } = splitsSince(dividend, dividend.exDateUs, splits);
  return { kind: "dividend", exDateUs: dividend.exDateUs, amount: product(rationalOfDecimal(dividend.amount), ratio) };
}

/** The splits that a vendor has reckoned with: after the day of a figure, up to the day of its publication. */
function splitsSince(
  { adjustment, knownAtUs }: { readonly adjustment: Adjustment; readonly knownAtUs: number },
  sinceUs: number,
  splits: readonly Split[],
): SplitsBetween {
  if (adjustment === "none") return { ratio: ONE, count: 0 };
  return splitsBetween(splits, { afterUs: dayOf(sinceUs), upToUs: dayOf(knownAtUs) });
}

/** The splits whose ex-date is after one day and at or before another. */
export function splitsBetween(
  splits: readonly Split[],
  { afterUs, upToUs }: { readonly afterUs: number; readonly upToUs: number },
): SplitsBetween {
  const between = splits.filter(({ exDateUs }) => exDateUs > afterUs && exDateUs <= upToUs);
  const ratio = between.reduce((all, { to, from }) => product(all, rational(to, from)), ONE);
  return { ratio, count: between.length };
}

function isWhole({ denominator }: Rational): boolean {
  return denominator === 1n;
}
