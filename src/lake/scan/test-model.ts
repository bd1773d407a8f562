import type { Comparison, Literal, Predicate, Value } from "../index.ts";

/** Rows as JavaScript values by field id, and what a predicate says of them: a plain model, without any of the lake. */
export type ModelRow = ReadonlyMap<number, Value | undefined>;

export interface ModelColumn {
  readonly id: number;
  readonly name: string;
}

/** A predicate whose literals are also given as values. */
export interface ModelLeaf {
  readonly column: string;
  readonly is: Comparison | "in" | "notIn" | "null" | "notNull";
  readonly values: readonly Value[];
  readonly literals: readonly Literal[];
}
export type ModelPredicate =
  | { readonly and: readonly ModelPredicate[] }
  | { readonly or: readonly ModelPredicate[] }
  | { readonly not: ModelPredicate }
  | { readonly leaf: ModelLeaf };

/** As the lake is asked. */
export function toPredicate(predicate: ModelPredicate): Predicate {
  if ("and" in predicate) return { and: predicate.and.map(toPredicate) };
  if ("or" in predicate) return { or: predicate.or.map(toPredicate) };
  if ("not" in predicate) return { not: toPredicate(predicate.not) };
  const { column, is, literals } = predicate.leaf;
  if (is === "null" || is === "notNull") return { column, is };
  return is === "in" || is === "notIn" ? { column, is, values: literals } : { column, is, value: literals[0] ?? 0 };
}

/** SQL's three values: undefined is unknown. */
export function evaluate(
  predicate: ModelPredicate,
  lookUp: (column: string) => Value | undefined,
): boolean | undefined {
  if ("and" in predicate) return all(predicate.and.map((each) => evaluate(each, lookUp)));
  if ("not" in predicate) return negated(evaluate(predicate.not, lookUp));
  if ("or" in predicate) return negated(all(predicate.or.map((each) => negated(evaluate(each, lookUp)))));
  return evaluateLeaf(predicate.leaf, lookUp(predicate.leaf.column));
}

function all(parts: readonly (boolean | undefined)[]): boolean | undefined {
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}

function negated(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

function evaluateLeaf({ is, values }: ModelLeaf, value: Value | undefined): boolean | undefined {
  if (is === "null" || is === "notNull") return (value === undefined) === (is === "null");
  if (values.length === 0) return is === "notIn"; // Of no values, also for null.
  if (value === undefined) return undefined;
  if (is === "in") return values.some((each) => order(value, each) === 0);
  if (is === "notIn") return !values.some((each) => order(value, each) === 0);
  const sign = order(value, values[0] ?? value);
  const answers = { eq: sign === 0, notEq: sign !== 0, lt: sign < 0, le: sign <= 0, gt: sign > 0, ge: sign >= 0 };
  return answers[is];
}

/** NaN is greatest and equals itself, −0 equals 0, text goes by its UTF-8 bytes. */
function order(one: Value, other: Value): number {
  if (typeof one === "string" && typeof other === "string") return Buffer.compare(Buffer.from(one), Buffer.from(other));
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other);
  if (typeof one === "number" && typeof other === "number") {
    if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
  }
  return one < other ? -1 : one > other ? 1 : 0;
}
