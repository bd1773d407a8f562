import { type BoundPredicate, bindPredicate, type Predicate } from "../core/predicate.ts";
import type { Schema } from "../core/schema.ts";

/**
 * The rows that `predicate` does not select: those for which it is false, or not known because of a null. Where no row of a
 * file can match this, all of its rows match `predicate`.
 */
export function complementOf(schema: Schema, predicate: Predicate): BoundPredicate {
  return bindPredicate(schema, notTrue(predicate));
}

/** Selects where `predicate`, or with `isNegated` its negation, is not true. */
export function notTrue(predicate: Predicate, isNegated = false): Predicate {
  if ("not" in predicate) return notTrue(predicate.not, !isNegated);
  if ("column" in predicate) {
    const other: Predicate = isNegated ? predicate : { not: predicate };
    // These are never unknown: whether a value is null, and whether it is among none, can be said of a null as well.
    if (predicate.is === "null" || predicate.is === "notNull") return other;
    if ("values" in predicate && predicate.values.length === 0) return other;
    return { or: [other, { column: predicate.column, is: "null" }] };
  }
  const isAnd = "and" in predicate;
  const parts = (isAnd ? predicate.and : predicate.or).map((part) => notTrue(part, isNegated));
  return isAnd === isNegated ? { and: parts } : { or: parts };
}
