import {
  type Decimal,
  type NumberText,
  parseDecimal,
  type RefusalReason,
  rescaled,
  STORED_SCALE,
  UNIT_EXPONENTS,
} from "../../domain/index.ts";

/** A number that no column can take, or that is none. */
export interface NumberProblem {
  readonly reason: RefusalReason;
  readonly detail: string;
}

type Grid = "price" | "size" | "volume" | "natural";

interface Wanted {
  readonly column: string;
  readonly value: Decimal;
  readonly grid: Grid;
  /** Digits of the column, and of its fraction. Scale 0 is a count: at most 15 digits, and a number. */
  readonly precision: number;
  readonly scale: number;
  /** Without it there is no row. */
  readonly isNeeded: boolean;
}

/** How a number's column is. Default: on the grid of prices, decimal(18,8). */
export interface NumberColumn {
  readonly grid?: Grid;
  readonly precision?: number;
  readonly scale?: number;
  readonly isNeeded?: boolean;
  /** positive: above zero. notNegative: zero is one. any: below zero as well. */
  readonly sign?: "positive" | "notNegative" | "any";
}

const SHOWN_MAX = 60;

/**
 * The numbers of one row, from text to mantissas. Those on a listing's grid share the row's unit, the smallest that holds
 * them all: so a row is exact by itself, whatever else is known of its listing. A number that cannot be held costs the row
 * where it is needed, and otherwise its own column alone.
 */
export class RowNumbers {
  readonly #wanted: Wanted[] = [];
  #problem: NumberProblem | undefined;
  readonly #left: NumberProblem[] = [];

  /** @param text undefined: the column is null */
  add(column: string, text: NumberText | undefined, of: NumberColumn = {}): void {
    if (text === undefined) return;
    const { grid = "price", precision = 18, scale = STORED_SCALE, isNeeded = false, sign = "positive" } = of;
    const value = decimalOf(text);
    if (value === undefined)
      this.#fail(isNeeded, { reason: "malformed", detail: `${column} is no number: ${shown(text)}` });
    else if (!hasSign(value, sign)) this.#fail(isNeeded, wrongSign(column, text, grid));
    else this.#wanted.push({ column, value, grid, precision, scale, isNeeded });
  }

  /** Mantissas by column and, where any is on a listing's grid, the unit; or why there can be no row. */
  cells():
    | { readonly cells: Readonly<Record<string, bigint | number>>; readonly unit: number }
    | { readonly problem: NumberProblem } {
    if (this.#problem !== undefined) return { problem: this.#problem };
    const exponent = this.#exponent();
    if (exponent === undefined) return { problem: inexact(this.#wanted.find((each) => this.#isToBlame(each))) };
    const cells: Record<string, bigint | number> = {};
    for (const wanted of this.#wanted) {
      const mantissa = stored(wanted, exponent);
      if (mantissa === undefined) this.#fail(wanted.isNeeded, inexact(wanted));
      else cells[wanted.column] = wanted.scale === 0 ? Number(mantissa) : mantissa;
    }
    // A natural number that is needed and does not fit is found only here.
    return this.#problem === undefined ? { cells, unit: 10 ** exponent } : { problem: this.#problem };
  }

  /** Of columns that stay null. */
  get left(): readonly NumberProblem[] {
    return this.#left;
  }

  /** The smallest unit at which all are held, or at least those that are needed. */
  #exponent(): number | undefined {
    const holds = (exponent: number, numbers: readonly Wanted[]): boolean =>
      numbers.every((wanted) => stored(wanted, exponent) !== undefined);
    const onGrid = this.#wanted.filter(({ grid }) => grid !== "natural");
    const needed = onGrid.filter(({ isNeeded }) => isNeeded);
    return (
      UNIT_EXPONENTS.find((exponent) => holds(exponent, onGrid)) ??
      UNIT_EXPONENTS.find((exponent) => holds(exponent, needed))
    );
  }

  /** A needed number that no unit holds; where each has one of its own, the first. */
  #isToBlame(wanted: Wanted): boolean {
    const isNeeded = wanted.isNeeded && wanted.grid !== "natural";
    const isAlone = (other: Wanted): boolean =>
      UNIT_EXPONENTS.every((exponent) => stored(other, exponent) === undefined);
    return isNeeded && (isAlone(wanted) || !this.#wanted.some((other) => other.isNeeded && isAlone(other)));
  }

  #fail(isNeeded: boolean, problem: NumberProblem): void {
    if (!isNeeded) this.#left.push(problem);
    else this.#problem ??= problem;
  }
}

function stored({ value, grid, precision, scale }: Wanted, exponent: number): bigint | undefined {
  const shift = grid === "natural" ? 0 : grid === "price" ? exponent : -exponent;
  const mantissa = rescaled(value, scale + shift);
  if (mantissa === undefined) return undefined;
  const limit = 10n ** BigInt(precision);
  return mantissa < limit && mantissa > -limit ? mantissa : undefined;
}

function decimalOf(text: NumberText): Decimal | undefined {
  try {
    return parseDecimal(text);
  } catch {
    return undefined;
  }
}

function hasSign({ mantissa }: Decimal, sign: NonNullable<NumberColumn["sign"]>): boolean {
  if (sign === "any") return true;
  return sign === "positive" ? mantissa > 0n : mantissa >= 0n;
}

function wrongSign(column: string, text: string, grid: Grid): NumberProblem {
  const reason = grid === "size" || grid === "volume" ? "non_positive_size" : "non_positive_price";
  return { reason, detail: `${column} is ${shown(text)}` };
}

function inexact(wanted: Wanted | undefined): NumberProblem {
  if (wanted === undefined) return { reason: "inexact_price", detail: "no unit holds the record's numbers exactly" };
  const { column, value, grid, precision, scale } = wanted;
  const isSize = grid === "size" || grid === "volume";
  const digits = value.mantissa.toString().length;
  const isLarge = digits - value.scale > precision - scale;
  const reason: RefusalReason = isLarge
    ? isSize
      ? "out_of_range_size"
      : "out_of_range_price"
    : isSize
      ? "inexact_size"
      : "inexact_price";
  const number = `${value.mantissa}e-${value.scale}`;
  return { reason, detail: `${column} is ${shown(number)}, which decimal(${precision},${scale}) cannot hold exactly` };
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}
