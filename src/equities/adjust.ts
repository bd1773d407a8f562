import { type Decimal, formatShortest } from "../domain/index.ts";
import { asTraded, dividendAsTraded, splitsBetween, type TradedBar, type TradedDividend } from "./as-traded.ts";
import { actionsKnownAt, barsKnownAt, type KnownAction, type KnownBar } from "./known.ts";
import {
  difference,
  ONE,
  product,
  quotient,
  type Rational,
  rational,
  rationalOfDecimal,
  roundedDecimal,
} from "./rational.ts";
import { dayOf, dayText } from "./trading-time.ts";
import type { Split } from "./vendor-answer.ts";

/** raw: as traded. splits: in shares of the time asked for. full: as if dividends had been put back into shares as well. */
export type PriceBasis = "raw" | "splits" | "full";

export interface AdjustOptions {
  /** What was known then, and had happened by then: microseconds since the Unix epoch. */
  readonly asOfUs: number;
  /** Default: full. */
  readonly basis?: PriceBasis;
}

/** A candle, its exact factors, and prices that are derived and were never traded. Nothing is rounded yet. */
export interface AdjustedBar {
  readonly startUs: number;
  readonly traded: TradedBar;
  /** Adjusted price = traded price × this. */
  readonly priceFactor: Rational;
  /** Adjusted volume = traded volume × this. */
  readonly volumeFactor: Rational;
}

export interface Adjusted {
  /** Oldest first. */
  readonly bars: readonly AdjustedBar[];
  /** Actions that were not applied, and why. */
  readonly ignored: readonly string[];
}

/**
 * Prices as they look at a time, from what was traded and the corporate actions known by then.
 *
 * A split of `to` new shares for `from` old ones multiplies prices before its ex-date by from ÷ to and volumes by to ÷ from.
 * A dividend multiplies prices before its ex-date by 1 − amount ÷ close, of the last candle before the ex-date, in the same
 * shares: the method of CRSP, which Yahoo and others follow. All of it is in exact fractions; `roundedBar` rounds, at the edge.
 *
 * Statements may come in any order and more than once. Actions with an ex-date after `asOfUs` have not happened yet.
 *
 * @see https://www.crsp.org/products/documentation/crsp-calculations
 */
export function adjust(
  bars: readonly KnownBar[],
  actions: readonly KnownAction[],
  { asOfUs, basis = "full" }: AdjustOptions,
): Adjusted {
  const known = actionsKnownAt(actions, asOfUs);
  const splits = known.filter((action) => action.kind === "split");
  const traded = barsKnownAt(bars, asOfUs).map((bar) => asTraded(bar, splits));
  if (basis === "raw") return { bars: traded.map((bar) => adjusted(bar, ONE, ONE)), ignored: [] };
  const dividends = known.filter((action) => action.kind === "dividend").map((each) => dividendAsTraded(each, splits));
  const happened = { splits: upTo(splits, asOfUs), dividends: basis === "full" ? upTo(dividends, asOfUs) : [] };
  const { steps, ignored } = priceSteps(traded, happened);
  return { bars: applySteps(traded, steps), ignored };
}

/** What prices and volumes before a day are multiplied by. */
interface Step {
  readonly exDateUs: number;
  readonly price: Rational;
  readonly volume: Rational;
}

interface Happened {
  readonly splits: readonly Split[];
  readonly dividends: readonly TradedDividend[];
}

function priceSteps(
  bars: readonly TradedBar[],
  { splits, dividends }: Happened,
): { readonly steps: readonly Step[]; readonly ignored: readonly string[] } {
  const steps: Step[] = splits.map(({ exDateUs, to, from }) => ({
    exDateUs,
    price: rational(from, to),
    volume: rational(to, from),
  }));
  const ignored: string[] = [];
  for (const { exDateUs, amount } of dividends) {
    const before = lastBefore(bars, exDateUs);
    if (before === undefined) continue; // There is no candle that it would change.
    const { ratio } = splitsBetween(splits, { afterUs: dayOf(before.startUs), upToUs: exDateUs });
    const close = quotient(rationalOfDecimal(before.close), ratio);
    const price = difference(ONE, quotient(amount, close));
    if (price.numerator > 0n) steps.push({ exDateUs, price, volume: ONE });
    else ignored.push(tooLarge(exDateUs, amount, before));
  }
  return { steps: steps.sort((a, b) => b.exDateUs - a.exDateUs), ignored };
}

function tooLarge(exDateUs: number, amount: Rational, { close, startUs }: TradedBar): string {
  const paid = formatShortest(roundedDecimal(amount, 8));
  return `the dividend of ${paid} on ${dayText(exDateUs)} is not below the close before it, ${formatShortest(close)} on ${dayText(startUs)}`;
}

/** From the newest candle to the oldest, each with the product of the steps after it. */
function applySteps(bars: readonly TradedBar[], steps: readonly Step[]): readonly AdjustedBar[] {
  const result: AdjustedBar[] = [];
  let [price, volume, next] = [ONE, ONE, 0];
  for (const bar of bars.toReversed()) {
    for (let step = steps[next]; step !== undefined && step.exDateUs > dayOf(bar.startUs); step = steps[next]) {
      price = product(price, step.price);
      volume = product(volume, step.volume);
      next += 1;
    }
    result.push(adjusted(bar, price, volume));
  }
  return result.reverse();
}

function adjusted(traded: TradedBar, priceFactor: Rational, volumeFactor: Rational): AdjustedBar {
  return { startUs: traded.startUs, traded, priceFactor, volumeFactor };
}

function upTo<T extends { readonly exDateUs: number }>(actions: readonly T[], asOfUs: number): readonly T[] {
  return actions.filter(({ exDateUs }) => exDateUs <= asOfUs);
}

/** Bars are sorted. */
function lastBefore(bars: readonly TradedBar[], dayUs: number): TradedBar | undefined {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.startUs ?? 0) < dayUs) low = middle + 1;
    else high = middle;
  }
  return bars[low - 1];
}

export type BarField = "open" | "high" | "low" | "close" | "volume";

/** One figure of an adjusted candle, exactly. */
export function adjustedValue({ traded, priceFactor, volumeFactor }: AdjustedBar, field: BarField): Rational {
  return product(rationalOfDecimal(traded[field]), field === "volume" ? volumeFactor : priceFactor);
}

/** The edge: prices and volume with so many digits after the point at most, halves away from zero. */
export function roundedBar(bar: AdjustedBar, digits: number): Readonly<Record<BarField, Decimal>> {
  const value = (field: BarField): Decimal => roundedDecimal(adjustedValue(bar, field), digits);
  return {
    open: value("open"),
    high: value("high"),
    low: value("low"),
    close: value("close"),
    volume: value("volume"),
  };
}
