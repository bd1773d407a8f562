import { InvalidInputError } from "../../base/index.ts";
import { columnNamed, type Schema } from "./schema.ts";
import { isPrimitive, type PrimitiveType, typeText } from "./types.ts";
import { compareValues, type Value } from "./value.ts";
import { parseValue } from "./value-text.ts";

/**
 * A literal: text is read by the column's type (ISO times, plain decimals, hexadecimal bytes); a number or bigint is a
 * whole number, days of a date, microseconds of a timestamp(tz), nanoseconds of a timestamp_ns. Decimals are text, so
 * that none is rounded on its way here.
 */
export type Literal = string | number | bigint | boolean | Uint8Array;

/** Which rows are wanted, with SQL's treatment of nulls: a comparison with null is never true, nor is its negation. */
export type Predicate =
  | { readonly and: readonly Predicate[] }
  | { readonly or: readonly Predicate[] }
  | { readonly not: Predicate }
  | { readonly column: string; readonly is: Comparison; readonly value: Literal }
  | { readonly column: string; readonly is: "in" | "notIn"; readonly values: readonly Literal[] }
  | { readonly column: string; readonly is: "null" | "notNull" };

export type Comparison = "eq" | "notEq" | "lt" | "le" | "gt" | "ge";

/** A predicate over field ids, with negations pushed into the leaves and literals in their type's one form. */
export type BoundPredicate =
  | { readonly op: "all" | "none" }
  | { readonly op: "and" | "or"; readonly of: readonly BoundPredicate[] }
  | BoundLeaf;

export type BoundLeaf = BoundComparison | BoundMembership | BoundNullness;

interface BoundColumn {
  readonly id: number;
  readonly type: PrimitiveType;
}
export interface BoundComparison extends BoundColumn {
  readonly op: Comparison;
  readonly value: Value;
}
export interface BoundMembership extends BoundColumn {
  readonly op: "in" | "notIn";
  readonly values: readonly Value[];
}
interface BoundNullness extends BoundColumn {
  readonly op: "null" | "notNull";
}

export const ALL: BoundPredicate = { op: "all" };
const NONE: BoundPredicate = { op: "none" };

const NEGATED = {
  eq: "notEq",
  notEq: "eq",
  lt: "ge",
  le: "gt",
  gt: "le",
  ge: "lt",
  in: "notIn",
  notIn: "in",
  null: "notNull",
  notNull: "null",
} as const;

/** @throws {InvalidInputError} on an unknown column or a literal that its type does not hold */
export function bindPredicate(schema: Schema, predicate: Predicate, isNegated = false): BoundPredicate {
  if ("not" in predicate) return bindPredicate(schema, predicate.not, !isNegated);
  if ("column" in predicate) return bindLeaf(schema, predicate, isNegated);
  const [op, parts] = "and" in predicate ? (["and", predicate.and] as const) : (["or", predicate.or] as const);
  const bound = parts.map((part) => bindPredicate(schema, part, isNegated));
  return combine(isNegated ? OTHER[op] : op, bound); // De Morgan.
}

const OTHER = { and: "or", or: "and" } as const;

type Leaf = Extract<Predicate, { readonly column: string }>;

function bindLeaf(schema: Schema, leaf: Leaf, isNegated: boolean): BoundPredicate {
  const { id, type } = columnNamed(schema, leaf.column);
  if (!isPrimitive(type)) {
    if (leaf.is === "null" || leaf.is === "notNull") return ALL; // Nothing to prune by; SQL decides.
    throw new InvalidInputError(`Cannot compare ${leaf.column}: ${typeText(type)} has no order`);
  }
  if ("value" in leaf) {
    return { op: isNegated ? NEGATED[leaf.is] : leaf.is, id, type, value: literalValue(type, leaf.value) };
  }
  if (!("values" in leaf)) return { op: isNegated ? NEGATED[leaf.is] : leaf.is, id, type };
  const values = distinct(
    type,
    leaf.values.map((each) => literalValue(type, each)),
  );
  const op = isNegated ? NEGATED[leaf.is] : leaf.is;
  if (values.length === 0) return op === "in" ? NONE : ALL;
  return { op, id, type, values };
}

export function combine(op: "and" | "or", of: readonly BoundPredicate[]): BoundPredicate {
  const [neutral, absorbing] = op === "and" ? (["all", "none"] as const) : (["none", "all"] as const);
  if (of.some((each) => each.op === absorbing)) return { op: absorbing };
  const parts = of.filter((each) => each.op !== neutral);
  const [first] = parts;
  if (first === undefined) return { op: neutral };
  return parts.length === 1 ? first : { op, of: parts };
}

function distinct(type: PrimitiveType, values: readonly Value[]): readonly Value[] {
  const sorted = values.toSorted((one, other) => compareValues(type, one, other));
  return sorted.filter((value, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareValues(type, before, value) !== 0;
  });
}

const INTEGRAL: ReadonlySet<string> = new Set([
  "int",
  "long",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "timestamp_ns",
  "timestamptz_ns",
]);

export function isIntegral(type: PrimitiveType): boolean {
  return INTEGRAL.has(type.kind) || type.kind === "decimal";
}

export function literalValue(type: PrimitiveType, literal: Literal): Value {
  if (typeof literal === "string") return parseValue(type, literal);
  if (typeof literal === "bigint" && INTEGRAL.has(type.kind)) return literal;
  if (typeof literal === "number" && INTEGRAL.has(type.kind) && Number.isSafeInteger(literal)) return BigInt(literal);
  if (typeof literal === "number" && type.kind === "double") return literal;
  if (typeof literal === "number" && type.kind === "float" && Math.fround(literal) === literal) return literal;
  if (typeof literal === "boolean" && type.kind === "boolean") return literal;
  if (literal instanceof Uint8Array && (type.kind === "binary" || type.kind === "fixed")) return literal;
  throw new InvalidInputError(
    `Cannot compare a ${typeText(type)} column with the ${typeof literal} ${String(literal)}`,
  );
}
