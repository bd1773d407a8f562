import {
  ASK,
  BID,
  type BookLevels,
  type Decimal,
  type DecodedListing,
  parseDecimal,
  type RefusalReason,
  rescaled,
  STORED_MANTISSA_LIMIT,
  STORED_SCALE,
} from "../../domain/index.ts";
import { excerpt, isDecimalText } from "./trade-fields.ts";

/** A level as the slow path reads it: texts as the venue wrote them, nothing converted. */
export interface LevelText {
  /** BID or ASK. */
  readonly side: number;
  readonly price: string;
  readonly size: string;
}

/** Why levels were not taken. */
export interface LevelProblem {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/**
 * Fills the columns with all levels, exact; zero is a size here.
 *
 * @returns what is wrong with the first that cannot be taken
 */
export function fillLevels(
  texts: readonly LevelText[],
  { unitExponent }: DecodedListing,
  levels: BookLevels,
): LevelProblem | undefined {
  levels.clear();
  for (const { side, price: priceText, size: sizeText } of texts) {
    const priceValue = parseDecimal(priceText);
    const price = stored(priceValue, STORED_SCALE + unitExponent);
    if (typeof price === "string" || price === 0n)
      return problem("price", typeof price === "string" ? price : "non_positive", priceText, unitExponent);
    const size = stored(parseDecimal(sizeText), STORED_SCALE - unitExponent);
    if (typeof size === "string") return problem("size", size, sizeText, unitExponent);
    levels.push(side, { price, size });
  }
  return undefined;
}

/** The first level whose price or size is no decimal number, as a problem. */
export function malformedLevel(texts: readonly LevelText[]): LevelProblem | undefined {
  for (const { price, size } of texts) {
    const wrong = isDecimalText(price)
      ? isDecimalText(size)
        ? undefined
        : `size ${excerpt(size)}`
      : `price ${excerpt(price)}`;
    if (wrong !== undefined) return { reason: "malformed", detail: `the ${wrong} of a level is not a decimal number` };
  }
  return undefined;
}

/** The price and the size with the most decimals: by them a new listing's unit is best chosen. */
export function finestOf(texts: readonly LevelText[]): { readonly price: string; readonly size: string } | undefined {
  const [first] = texts;
  if (first === undefined) return undefined;
  let { price, size } = first;
  for (const text of texts) {
    if (decimalsOf(text.price) > decimalsOf(price)) price = text.price;
    if (decimalsOf(text.size) > decimalsOf(size)) size = text.size;
  }
  return { price, size };
}

/** How many digits stand after the point. */
export function decimalsOf(text: string): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

/**
 * What is wrong with levels that are a whole book, or a quote: a bid at or above an ask. No venue shows that while it
 * trades, so that the message is not to be believed.
 */
export function crossing({ length, side, price, size }: BookLevels): string | undefined {
  let bid = -1;
  let ask = -1;
  for (let row = 0; row < length; row += 1) {
    if (size.low(row) === 0 && size.high(row) === 0) continue;
    if (side[row] === BID) {
      if (bid < 0 || isAbove(price, row, bid)) bid = row;
    } else if (ask < 0 || isAbove(price, ask, row)) ask = row;
  }
  if (bid < 0 || ask < 0 || isAbove(price, ask, bid)) return undefined;
  return `crossed: the best bid is ${price.get(bid)}, the best ask ${price.get(ask)} (stored mantissas)`;
}

/** Whether there is more than one level on a side. */
export function hasDepth({ length, side }: BookLevels): boolean {
  let asks = 0;
  for (let row = 0; row < length; row += 1) if (side[row] === ASK) asks += 1;
  return asks > 1 || length - asks > 1;
}

function isAbove(price: BookLevels["price"], row: number, other: number): boolean {
  const high = price.high(row);
  const otherHigh = price.high(other);
  return high === otherHigh ? price.low(row) >>> 0 > price.low(other) >>> 0 : high > otherHigh;
}

/** The mantissa at `scale`, or why there is none. */
function stored(value: Decimal, scale: number): bigint | "non_positive" | "inexact" | "out_of_range" {
  if (value.mantissa < 0n) return "non_positive";
  const mantissa = rescaled(value, scale);
  if (mantissa === undefined) return "inexact";
  return mantissa < STORED_MANTISSA_LIMIT ? mantissa : "out_of_range";
}

function problem(
  what: "price" | "size",
  why: "non_positive" | "inexact" | "out_of_range",
  text: string,
  unitExponent: number,
): LevelProblem {
  const detail = `the ${what} ${excerpt(text)} of a level does not fit decimal(18,${STORED_SCALE}) from zero on (the listing's unit exponent is ${unitExponent})`;
  return { reason: `${why}_${what}`, detail };
}
