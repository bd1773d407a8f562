import type { BoundComparison, BoundLeaf, BoundMembership, BoundPredicate } from "./predicate.ts";
import type { PrimitiveType } from "./types.ts";
import { compareValues, type Value } from "./value.ts";

/** What is known of one column over a set of rows. Whatever is not known is undefined. */
export interface ColumnFacts {
  /** Not above any value of the rows, nulls and NaN apart. */
  readonly lower: Value | undefined;
  /** Not below any value. */
  readonly upper: Value | undefined;
  readonly nulls: "none" | "all" | "unknown";
  /** False only where it is known that no value is NaN. */
  readonly mayHoldNan: boolean;
}

/**
 * False only where no row can match: then the rows need not be read.
 * NaN counts as the greatest value and equal to itself, and −0 as equal to 0, which is how DuckDB compares.
 */
export function mayMatch(predicate: BoundPredicate, factsOf: (id: number) => ColumnFacts | undefined): boolean {
  switch (predicate.op) {
    case "all":
      return true;
    case "none":
      return false;
    case "and":
      return predicate.of.every((each) => mayMatch(each, factsOf));
    case "or":
      return predicate.of.some((each) => mayMatch(each, factsOf));
    default: {
      const facts = factsOf(predicate.id);
      return facts === undefined || leafMayMatch(predicate, facts);
    }
  }
}

function leafMayMatch(leaf: BoundLeaf, facts: ColumnFacts): boolean {
  if (leaf.op === "null") return facts.nulls !== "none";
  if (facts.nulls === "all") return false;
  if ("values" in leaf) return membershipMayMatch(leaf, facts);
  return !("value" in leaf) || comparisonMayMatch(leaf, facts);
}

function membershipMayMatch({ op, type, values }: BoundMembership, facts: ColumnFacts): boolean {
  if (op === "in") return values.some((value) => mayHold(type, value, facts));
  return !values.some((value) => isOnly(type, value, facts));
}

function comparisonMayMatch({ op, type, value }: BoundComparison, facts: ColumnFacts): boolean {
  const { lower, upper } = facts;
  switch (op) {
    case "eq":
      return mayHold(type, value, facts);
    case "notEq":
      return !isOnly(type, value, facts);
    case "lt":
      return lower === undefined || compare(type, lower, value) < 0;
    case "le":
      return lower === undefined || compare(type, lower, value) <= 0;
    case "gt":
      return upper === undefined || compare(type, upper, value) > 0 || (mayBeNan(type, facts) && !isNan(value));
    case "ge":
      return upper === undefined || compare(type, upper, value) >= 0 || mayBeNan(type, facts);
  }
}

function mayHold(type: PrimitiveType, value: Value, facts: ColumnFacts): boolean {
  if (isNan(value)) return facts.mayHoldNan;
  if (facts.lower !== undefined && compare(type, facts.lower, value) > 0) return false;
  return facts.upper === undefined || compare(type, facts.upper, value) >= 0;
}

/** True where every value that is not null equals `value`. */
function isOnly(type: PrimitiveType, value: Value, facts: ColumnFacts): boolean {
  if (facts.lower === undefined || facts.upper === undefined || mayBeNan(type, facts)) return false;
  return compare(type, facts.lower, value) === 0 && compare(type, facts.upper, value) === 0;
}

/** Bounds say nothing of NaN, which is above every bound. */
function mayBeNan(type: PrimitiveType, facts: ColumnFacts): boolean {
  return (type.kind === "double" || type.kind === "float") && facts.mayHoldNan;
}

function isNan(value: Value): boolean {
  return typeof value === "number" && Number.isNaN(value);
}

function compare(type: PrimitiveType, one: Value, other: Value): number {
  return one === 0 && other === 0 ? 0 : compareValues(type, one, other);
}
