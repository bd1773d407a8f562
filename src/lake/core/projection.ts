import type { PartitionField, PartitionSpec } from "./partition-spec.ts";
import { ALL, type BoundComparison, type BoundLeaf, type BoundPredicate, combine, isIntegral } from "./predicate.ts";
import { applyTransform, transformResult, wrappedPartition } from "./transform.ts";
import type { PrimitiveType } from "./types.ts";
import type { Value } from "./value.ts";

/**
 * The inclusive projection of a row predicate to partition values (bound by partition field id): whatever row matches the
 * predicate, its partition matches the projection.
 *
 * @see https://iceberg.apache.org/spec/#scan-planning
 */
export function projectPredicate(spec: PartitionSpec, predicate: BoundPredicate): BoundPredicate {
  switch (predicate.op) {
    case "all":
    case "none":
      return predicate;
    case "and":
    case "or":
      return combine(
        predicate.op,
        predicate.of.map((each) => projectPredicate(spec, each)),
      );
    default: {
      const fields = spec.fields.filter(({ sourceId }) => sourceId === predicate.id);
      return combine(
        "and",
        fields.map((field) => projectLeaf(field, predicate)),
      );
    }
  }
}

function projectLeaf(field: PartitionField, leaf: BoundLeaf): BoundPredicate {
  const { transform, fieldId: id } = field;
  if (transform.kind === "void" || transform.kind === "opaque") return ALL;
  if (transform.kind === "identity") return { ...leaf, id };
  const type = transformResult(transform, leaf.type);
  if (leaf.op === "null") return { op: "null", id, type };
  if ("values" in leaf && leaf.op === "in")
    return { op: "in", id, type, values: projectAll(field, leaf.type, leaf.values) };
  if (!("value" in leaf) || leaf.op === "notEq") return { op: "notNull", id, type };
  return projectComparison(field, leaf, type);
}

function projectComparison(field: PartitionField, leaf: BoundComparison, type: PrimitiveType): BoundPredicate {
  const id = field.fieldId;
  if (leaf.op === "eq") return { op: "in", id, type, values: projectAll(field, leaf.type, [leaf.value]) };
  if (field.transform.kind === "bucket") return { op: "notNull", id, type }; // A hash keeps no order.
  const isUpper = leaf.op === "lt" || leaf.op === "le";
  const values = projectAll(field, leaf.type, [tightest(leaf)]);
  const value = isUpper ? values.at(-1) : values[0];
  if (value === undefined) return ALL;
  const projected: BoundPredicate = { op: isUpper ? "le" : "ge", id, type, value };
  const least = field.transform.kind === "truncate" ? wrappedPartition(leaf.type, field.transform.width) : undefined;
  if (least === undefined) return projected;
  // The least values are in the partition of the greatest number: any upper limit lets them in, and so may a lower one.
  return value === least && !isUpper
    ? { op: "notNull", id, type }
    : combine("or", [projected, { op: "in", id, type, values: [least] }]);
}

function projectAll(field: PartitionField, source: PrimitiveType, values: readonly Value[]): readonly Value[] {
  return values.flatMap((value) => withOldWriters(field, applyTransform(field.transform, source, value)));
}

/** `x < v` is `x <= v - 1` for whole numbers, which keeps a day out that only starts at v. */
function tightest({ op, type, value }: BoundComparison): Value {
  if (typeof value !== "bigint" || !isIntegral(type)) return value;
  if (op === "lt") return value - 1n;
  return op === "gt" ? value + 1n : value;
}

/** Before Iceberg 0.10 Java rounded times before 1970 towards zero, so such a row may be one partition later. */
function withOldWriters({ transform }: PartitionField, value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  const isCalendar = transform.kind !== "bucket" && transform.kind !== "truncate";
  return isCalendar && typeof value === "bigint" && value < 0n ? [value, value + 1n] : [value];
}
