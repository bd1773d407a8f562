import fc from "fast-check";
import { expect, test } from "vitest";
import { lowerBound, upperBound } from "../write/bounds.ts";
import { anyType, anyValue } from "./arbitrary-fixture.ts";
import { type ColumnFacts, mayMatch } from "./evaluate.ts";
import type { PartitionSpec } from "./partition-spec.ts";
import { type BoundPredicate, type Comparison, combine } from "./predicate.ts";
import { projectPredicate } from "./projection.ts";
import { decodeValue } from "./single-value.ts";
import { applyTransform, type Transform, transformAccepts } from "./transform.ts";
import type { PrimitiveType } from "./types.ts";
import { compareValues, type Value } from "./value.ts";

type Cell = Value | undefined;
const COLUMN = 7;
const COMPARISONS: readonly Comparison[] = ["eq", "notEq", "lt", "le", "gt", "ge"];

function anyPredicate(type: PrimitiveType): fc.Arbitrary<BoundPredicate> {
  const value = anyValue(type);
  const leaf = fc.oneof<fc.Arbitrary<BoundPredicate>[]>(
    fc.tuple(fc.constantFrom(...COMPARISONS), value).map(([op, each]) => ({ op, id: COLUMN, type, value: each })),
    fc
      .tuple(fc.constantFrom("in" as const, "notIn" as const), fc.array(value, { minLength: 1, maxLength: 3 }))
      .map(([op, values]) => ({ op, id: COLUMN, type, values })),
    fc.constantFrom("null" as const, "notNull" as const).map((op) => ({ op, id: COLUMN, type })),
  );
  return fc.oneof(
    leaf,
    fc
      .tuple(fc.constantFrom("and" as const, "or" as const), fc.array(leaf, { minLength: 2, maxLength: 3 }))
      .map(([op, of]) => combine(op, of)),
  );
}

/** What SQL says of one row: NaN above all and equal to itself, zeros equal, null never compared. */
function matches(predicate: BoundPredicate, cell: Cell): boolean {
  if (predicate.op === "all" || predicate.op === "none") return predicate.op === "all";
  if (predicate.op === "and") return "of" in predicate && predicate.of.every((each) => matches(each, cell));
  if (predicate.op === "or") return "of" in predicate && predicate.of.some((each) => matches(each, cell));
  if (predicate.op === "null") return cell === undefined;
  if (cell === undefined) return false;
  if (predicate.op === "notNull") return true;
  if (!("type" in predicate)) return false;
  const order = (other: Value): number => (cell === 0 && other === 0 ? 0 : compareValues(predicate.type, cell, other));
  if ("values" in predicate) return (predicate.op === "in") === predicate.values.some((value) => order(value) === 0);
  if (!("value" in predicate)) return false;
  const seen = order(predicate.value);
  const truth = { eq: seen === 0, notEq: seen !== 0, lt: seen < 0, le: seen <= 0, gt: seen > 0, ge: seen >= 0 };
  return truth[predicate.op];
}

const cellsOf = (type: PrimitiveType): fc.Arbitrary<Cell[]> =>
  fc.array(fc.option(anyValue(type), { nil: undefined, freq: 6 }), { minLength: 1, maxLength: 6 });

/** The facts a manifest would hold of the cells: bounds through their bytes, cut to 16, without NaN. */
function factsOf(type: PrimitiveType, cells: readonly Cell[]): ColumnFacts {
  const values = cells.filter((cell) => cell !== undefined);
  const ordered = values
    .filter((value) => !(typeof value === "number" && Number.isNaN(value)))
    .toSorted((one, other) => compareValues(type, one, other));
  const [least, greatest] = [ordered[0], ordered.at(-1)];
  const upper = greatest === undefined ? undefined : upperBound(type, greatest, 16);
  return {
    lower: least === undefined ? undefined : decodeValue(type, lowerBound(type, least, 16)),
    upper: upper === undefined ? undefined : decodeValue(type, upper),
    nulls: values.length === 0 ? "all" : values.length === cells.length ? "none" : "unknown",
    mayHoldNan: ordered.length !== values.length,
  };
}

test("bounds never leave out a file with a matching row: NaN, −0, nulls, long text, times before 1970", () => {
  const cases = anyType.chain((type) => fc.tuple(fc.constant(type), cellsOf(type), anyPredicate(type)));
  fc.assert(
    fc.property(cases, ([type, cells, predicate]) => {
      const isMatching = cells.some((cell) => matches(predicate, cell));
      if (isMatching) expect(mayMatch(predicate, () => factsOf(type, cells))).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test("a predicate taken from the rows themselves is never pruned away, and one beyond them is", () => {
  const type: PrimitiveType = { kind: "decimal", precision: 18, scale: 8 };
  const facts = factsOf(type, [5n, 10n]);
  const leaf = (op: Comparison, value: bigint): BoundPredicate => ({ op, id: COLUMN, type, value });
  const kept = COMPARISONS.map((op) => mayMatch(leaf(op, 7n), () => facts));
  expect(kept).toEqual([true, true, true, true, true, true]);
  expect(mayMatch(leaf("gt", 10n), () => facts)).toBe(false);
  expect(mayMatch(leaf("ge", 11n), () => facts)).toBe(false);
  expect(mayMatch(leaf("lt", 5n), () => facts)).toBe(false);
  expect(mayMatch(leaf("le", 4n), () => facts)).toBe(false);
  expect(mayMatch(leaf("eq", 11n), () => facts)).toBe(false);
  expect(mayMatch(leaf("notEq", 5n), () => factsOf(type, [5n, 5n]))).toBe(false);
  expect(mayMatch({ op: "null", id: COLUMN, type }, () => facts)).toBe(false);
  expect(mayMatch({ op: "notNull", id: COLUMN, type }, () => factsOf(type, [undefined]))).toBe(false);
});

const anyTransform: fc.Arbitrary<Transform> = fc.oneof(
  fc.constantFrom<Transform>(
    { kind: "identity" },
    { kind: "year" },
    { kind: "month" },
    { kind: "day" },
    { kind: "hour" },
    { kind: "void" },
  ),
  fc.integer({ min: 1, max: 64 }).map((buckets): Transform => ({ kind: "bucket", buckets })),
  fc.integer({ min: 1, max: 20 }).map((width): Transform => ({ kind: "truncate", width })),
);

function partitionFacts(value: Value | undefined): ColumnFacts {
  if (value === undefined) return { lower: undefined, upper: undefined, nulls: "all", mayHoldNan: false };
  const isNan = typeof value === "number" && Number.isNaN(value);
  return { lower: isNan ? undefined : value, upper: isNan ? undefined : value, nulls: "none", mayHoldNan: isNan };
}

test("a projection never leaves out the partition of a matching row, for every transform and type", () => {
  const cases = fc
    .tuple(anyTransform, anyType)
    .filter(([transform, type]) => transformAccepts(transform, type))
    .chain(([transform, type]) =>
      fc.tuple(
        fc.constant({ transform, type }),
        fc.option(anyValue(type), { nil: undefined, freq: 8 }),
        anyPredicate(type),
      ),
    );
  fc.assert(
    fc.property(cases, ([{ transform, type }, cell, predicate]) => {
      if (!matches(predicate, cell)) return;
      const spec: PartitionSpec = { specId: 0, fields: [{ sourceId: COLUMN, fieldId: 1000, name: "p", transform }] };
      const partition = cell === undefined ? undefined : applyTransform(transform, type, cell);
      expect(mayMatch(projectPredicate(spec, predicate), () => partitionFacts(partition))).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test.each(["int", "long"] as const)(
  "the least %s is of a partition, cut off at the other end as Java does, and whatever finds it finds that",
  (kind) => {
    const type: PrimitiveType = { kind };
    const bits = kind === "int" ? 31n : 63n;
    const least = -(1n << bits);
    for (const width of [1, 3, 7, 10, 16]) {
      const transform: Transform = { kind: "truncate", width };
      const spec: PartitionSpec = { specId: 0, fields: [{ sourceId: COLUMN, fieldId: 1000, name: "p", transform }] };
      const cells = [least, least + 1n, least + 9n, least + 17n, -1n, 0n, (1n << bits) - 1n];
      for (const cell of cells) {
        const partition = applyTransform(transform, type, cell) as bigint;
        expect(partition).toBe(
          BigInt.asIntN(Number(bits) + 1, cell - (((cell % BigInt(width)) + BigInt(width)) % BigInt(width))),
        );
        for (const [op, value] of COMPARISONS.flatMap((each) => cells.map((other) => [each, other] as const))) {
          const predicate: BoundPredicate = { op, id: COLUMN, type, value };
          if (!matches(predicate, cell)) continue;
          expect(mayMatch(projectPredicate(spec, predicate), () => partitionFacts(partition))).toBe(true);
        }
      }
    }
    const ten: PartitionSpec = {
      specId: 0,
      fields: [{ sourceId: COLUMN, fieldId: 1000, name: "p", transform: { kind: "truncate", width: 10 } }],
    };
    const below: BoundPredicate = { op: "lt", id: COLUMN, type, value: 100n };
    expect(mayMatch(projectPredicate(ten, below), () => partitionFacts(200n))).toBe(false); // And still prunes.
  },
);

test("a day that only begins where the wanted times end is not read", () => {
  const type: PrimitiveType = { kind: "timestamptz" };
  const spec: PartitionSpec = {
    specId: 0,
    fields: [{ sourceId: COLUMN, fieldId: 1000, name: "ts_day", transform: { kind: "day" } }],
  };
  const day = 86_400_000_000n;
  const between = combine("and", [
    { op: "ge", id: COLUMN, type, value: 10n * day },
    { op: "lt", id: COLUMN, type, value: 11n * day },
  ]);
  const kept = [9n, 10n, 11n].map((partition) =>
    mayMatch(projectPredicate(spec, between), () => partitionFacts(partition)),
  );
  expect(kept).toEqual([false, true, false]);
});
